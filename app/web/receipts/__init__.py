"""Receipts: the donor's PDF, the public check page, and the receipts of an organisation on its desk."""
