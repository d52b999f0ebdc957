"""What sockets say and are told. I/O only: the protocol is in the package stream, the acts are elsewhere."""
