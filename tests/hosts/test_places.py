"""Projects that have us elsewhere than at the root of their host."""

from tests.hosts import journey


def test_below_a_path_of_the_site(host):
    journey.install(host, at="news/")
    host.ask(journey.SET_UP)
    with journey.served(host) as origin:
        browser = journey.Browser(origin, at="/news/")
        journey.taken(host, browser)
        page = browser.get("/news/inbox/")
        assert 'src="/news/api/v1/"' in page
        assert "/news/api/v1/inbox/events" in browser.get("/news/api/v1/openapi.json")
    journey.is_gone(host)


def test_in_a_site_that_is_below_a_path_itself(host):
    journey.install(host)
    host.add("shop/settings.py", "FORCE_SCRIPT_NAME = '/shop'\nSTATIC_URL = 'static/'\n")
    host.ask(journey.SET_UP)
    with journey.served(host, "/shop") as origin:
        browser = journey.Browser(origin)
        journey.taken(host, browser)
        assert 'src="/shop/api/v1/"' in browser.get("/inbox/")
    journey.is_gone(host)
