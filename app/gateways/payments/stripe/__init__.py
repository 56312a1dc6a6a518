"""Stripe: direct charges on the nonprofits' own connected accounts, by the official SDK."""
