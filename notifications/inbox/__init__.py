"""What a recipient does with an inbox, and reads of it."""
