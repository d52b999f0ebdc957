"""What is wrong with a page, in each of its looks: light and dark, on a phone and on a desk."""

from axe_playwright_python.sync_playwright import Axe

# The last is the one that a page is left in, and used in: the narrowest. What stands on a page is
# the same in both colour schemes, so the second one is asked for its colours alone.
ALL_RULES = {"resultTypes": ["violations"]}
COLOURS = {**ALL_RULES, "runOnly": ["color-contrast"]}
LOOKS = [
    (scheme, width, rules)
    for width in (1440, 320)
    for scheme, rules in (("dark", COLOURS), ("light", ALL_RULES))
]
# Half a megabyte of script, which is sent into a page once.
AXE, AXE_THAT_IS_THERE = Axe(), Axe(axe_script="null")
# For a context: axe styles elements to look at them, which our policy would refuse.
ANY_LOOK = {
    "bypass_csp": True,
    "reduced_motion": "reduce",
    "viewport": {"width": 320, "height": 800},
}


# Those of one colour scheme: what stands where is the same in the other.
IN_LIGHT = [look for look in LOOKS if look[0] == "light"]


def check(page, looks=LOOKS):
    """In no look has it a fault that axe finds, or is it too wide for the screen."""
    # After a click the address is the next page's before its content is there.
    page.wait_for_load_state()
    axe = AXE
    for scheme, width, rules in looks:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        is_still(page)
        look = f"{page.url}, {scheme}, {width} px"
        # It would fetch style sheets anew, and what those import as if the page did.
        found = axe.run(page, options={**rules, "preload": False})
        axe = AXE_THAT_IS_THERE
        assert found.violations_count == 0, f"{look}: {found.generate_report()}"
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(wide), f"{look}: it scrolls sideways"


def is_still(page):
    """A colour that is fading in is not the one to be judged."""
    page.wait_for_function("document.getAnimations().every(one => one.playState === 'finished')")
