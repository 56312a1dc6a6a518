"""Kindrelay: short videos carry a donation link, and every cent is credited to the video that moved it."""
