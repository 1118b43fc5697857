"""File formats of annotated and labelled articles, one module a format, both ways."""
