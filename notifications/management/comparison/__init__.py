"""Who asks for what is new by each transport, and what that costs: ``compare_transports``.

Clients that do no more than each transport asks of them, on sockets where every byte is counted.
They know the protocol and nothing of the server, which may be anywhere.
"""
