"""Set-based reads: what many parents have below them, in one statement, as of one revision."""
