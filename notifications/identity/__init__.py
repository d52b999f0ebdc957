"""Whose site this is: its name, logo and accent, and what is drawn from them."""
