"""Giving: the form, the way to the provider, and the donor's own page."""
