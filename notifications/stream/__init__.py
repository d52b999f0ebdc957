"""One connection's position in one inbox: facts in, actions out. No I/O, no clock, no Django."""
