"""Outgoing mail: written here, sent by SMTP, or kept to be read by administrators."""
