"""A process's open streams, and how changes that were committed anywhere reach them."""
