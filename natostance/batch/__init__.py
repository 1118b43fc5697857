"""Over many articles: readers, writers and the job that joins them."""
