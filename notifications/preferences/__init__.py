"""What people want to get, and how they want to be told of it."""
