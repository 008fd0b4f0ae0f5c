"""Search by PostgreSQL: as of any revision, and whenever the search engine cannot be asked."""
