"""A report that compares finished runs: its content, its charts and its two formats."""
