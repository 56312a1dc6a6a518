"""The organisation's reports on the desk: pages, lines behind figures, files, kept views, estimates."""
