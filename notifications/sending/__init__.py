"""What a sender does: one door, and jobs in chunks that survive the death of whoever does them."""
