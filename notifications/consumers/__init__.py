"""What sockets say and are told. I/O only: the protocol is in stream/, the acts are elsewhere."""
