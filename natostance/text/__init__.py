"""Text into sentences and windows."""
