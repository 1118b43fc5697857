"""Documents and results in, pages out."""
