"""The inbox as pages that work without JavaScript: parse, permit, call an act, render."""
