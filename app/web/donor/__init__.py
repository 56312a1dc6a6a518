"""The donor's own pages: all gifts behind a mailed link, and each monthly gift behind one of its own."""
