"""Alipay: pay pages for desktop and phone, signed notifications, refunds; the yuan alone."""
