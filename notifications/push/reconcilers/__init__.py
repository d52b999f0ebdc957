"""Compare what the database holds with what streams were sent: the net below lost hints."""
