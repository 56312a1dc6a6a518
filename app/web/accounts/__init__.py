"""Joining, signing in and out, a new password, the language."""
