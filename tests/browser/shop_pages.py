"""Pages of somebody else's site, with our elements in them."""

from contextlib import contextmanager

from tests.support.processes import until
from tests.support.shop import Shop


@contextmanager
def shop_pages(site, chromium, user):
    """Opens them as this user: a page, and files beside it. In the end no error may be left."""
    opened, errors = [], []

    def at(page_of_shop, *, files=None, **options):
        shop = Shop(site.url, page=page_of_shop, files=files)
        shop.give(user)
        context = chromium.new_context(**options)
        opened.append((shop, context))
        page = context.new_page()
        page.warned = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: said.type == "warning" and page.warned.append(said.text))
        page.goto(shop.url)
        return page

    yield at
    for shop, context in opened:
        context.close()
        shop.close()
    assert errors == []


def says(page, expression):
    until(lambda: page.evaluate(f"!!({expression})"), expression, within_s=30)
