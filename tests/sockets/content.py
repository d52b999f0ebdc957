"""What tests send, where its size matters."""

# As long as a notification can be on the wire, and less than the window by far.
LARGE = {
    "body": "b" * 10_000,
    "url": "/" + "u" * 1_999,
    "actions": [{"label": label, "url": "/" + "a" * 1_999} for label in ("Yes", "No")],
    "data": {"padding": "d" * 2_000},
}
LARGE_BYTES = 500 + 2_000 + 2 * 2_000 + 2_000
