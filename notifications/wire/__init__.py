"""The protocol's words, in Python: limits, frames, what may be said. No ORM, no Channels."""
