"""Small subclasses of ASGI servers' protocol classes, which offer the application their transport.

`await send()` waits on uvicorn when one client is slow, so that a hub which awaits one socket after
the other is stopped by one stuck phone; on Daphne it never waits and buffers without a bound. With
the transport at hand the application writes finished frames and sees how much is unsent.
"""
