"""Who may open a stream or call the API."""
