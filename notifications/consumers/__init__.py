"""What sockets say and are told. I/O only: the protocol is in stream.py, the acts are elsewhere."""
