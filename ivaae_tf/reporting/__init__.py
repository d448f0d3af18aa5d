"""A report that compares finished runs: what it says, its charts, and its two forms."""
