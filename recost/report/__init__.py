"""Results as tables, CSV, JSON and Markdown, on standard output or in files."""
