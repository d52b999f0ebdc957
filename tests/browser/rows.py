"""Doing something with a row: on narrow screens its buttons are behind one that opens them."""

from playwright.sync_api import expect


def do(among, what, title):
    """Press a button of the row with that title. Args: among: the page, or the part with rows."""
    more = among.get_by_role("button", name=f"Actions: {title}")
    button = among.get_by_role("button", name=f"{what}: {title}")
    # Where one can point at it, it is there all the time, if nothing is seen of it yet.
    expect(more.or_(button).first).to_be_visible()
    if more.is_visible():
        more.click()
    button.click()
