"""Threads in a browser: one row each, which unfolds where it is, and what is done with it."""

import pytest
from playwright.sync_api import expect

from notifications.models import InboxItem, audiences
from notifications.preferences import acts as preferences
from notifications.sending import acts
from notifications.wire.message import Message
from tests.browser import looks
from tests.support.processes import until

RUN = ("--user", "alice", "--thread", "run-7")
ROWS = "[data-days] article"
TITLES = f"{ROWS}:visible h3 a"
ALIVE = 200
WATCH_ALIVE = f"""() => {{
  window.most = 0
  new MutationObserver(() => {{
    most = Math.max(most, document.querySelectorAll('{ROWS}').length)
  }}).observe(document.querySelector('[data-days]'), {{ subtree: true, childList: true }})
}}"""


@pytest.fixture
def send(alice):
    def act(title, **fields):
        acts.send(Message(title, **fields), audience=audiences.ChosenUsers.named(["alice"]))

    return act


@pytest.fixture
def run(send):
    """Three of one thread, with others between and above."""
    for title, thread in (
        ("Run 1", "run-7"),
        ("A letter", ""),
        ("Run 2", "run-7"),
        ("Run 3", "run-7"),
    ):
        send(title, thread=thread)
    send("A parcel")


def live(open_page, alice, **options):
    page = open_page(alice, **options)
    page.get_by_role("button", name="Keyboard shortcuts").wait_for()
    page.wait_for_function("() => document.querySelector('notification-bell').state === 'live'")
    return page


def titles(page, wanted):
    expect(page.locator(TITLES)).to_have_text(wanted)


def fold(page, text):
    return page.locator(f"{ROWS} summary:visible").filter(has_text=text)


def go_to(page, which, title):
    """Scroll to such a title, and ask for more where it is not the first, until it is that one."""
    page.wait_for_function(
        f"""() => {{
          const titles = [...document.querySelectorAll('{ROWS} h3 a')]
          const found = titles.{which}
          if (found?.textContent === '{title}') return true
          const button = document.querySelector('[data-older] a')
          if (found !== titles[0] && button.checkVisibility()) button.click()
          found?.scrollIntoView()
        }}""",
        polling=100,
        timeout=60_000,
    )


FOLDED = ["A parcel", "Run 3", "A letter"]
UNFOLDED = ["A parcel", "Run 3", "Run 2", "Run 1", "A letter"]


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("js", [True, False], ids=["script", "no script"])
def test_a_thread_is_a_row_that_unfolds_where_it_is(open_page, alice, js):
    page = live(open_page, alice) if js else open_page(alice, java_script_enabled=False)
    titles(page, FOLDED)
    fold(page, "+2 earlier").click()
    titles(page, UNFOLDED)
    fold(page, "+2 earlier").click()
    titles(page, FOLDED)


@pytest.mark.usefixtures("run")
def test_without_a_script_a_folded_row_is_archived_whole_and_brought_back(open_page, alice):
    page = open_page(alice, java_script_enabled=False)
    page.get_by_role("article", name="Run 3").hover()
    page.get_by_role("button", name="Archive (all 3): Run 3").click()
    titles(page, ["A parcel", "A letter"])
    page.get_by_text("3 archived.").wait_for()
    page.get_by_role("button", name="Undo").click()
    titles(page, FOLDED)


@pytest.mark.usefixtures("run")
def test_keys_unfold_it_act_on_what_is_folded_and_keep_the_focus(open_page, alice):
    page = live(open_page, alice)
    press = page.keyboard.press
    for key in ("j", "j", "t"):
        press(key)
    titles(page, UNFOLDED)
    expect(page.get_by_role("article", name="Run 3")).to_be_focused()
    for key in ("j", "j"):
        press(key)
    expect(page.get_by_role("article", name="Run 1")).to_be_focused()
    # One of those alone.
    press("e")
    titles(page, ["A parcel", "Run 3", "Run 2", "A letter"])
    press("z")
    titles(page, UNFOLDED)
    page.get_by_role("article", name="Run 2").focus()
    press("t")
    titles(page, FOLDED)
    expect(page.get_by_role("article", name="Run 3")).to_be_focused()
    press("e")
    titles(page, ["A parcel", "A letter"])
    page.get_by_text("3 archived.").wait_for()
    until(lambda: InboxItem.objects.archived().count() == 3, "all of it is archived")
    press("z")
    titles(page, FOLDED)
    until(lambda: not InboxItem.objects.archived().exists(), "none is archived")


@pytest.mark.usefixtures("run")
def test_arrivals_raise_the_count_and_take_the_focus_and_the_fold_with_them(open_page, alice, site):
    page = live(open_page, alice)
    page.get_by_role("article", name="Run 3").focus()
    site.notify("Run 4", *RUN)
    titles(page, ["Run 4", "A parcel", "A letter"])
    expect(fold(page, "+3 earlier")).to_be_visible()
    expect(page.get_by_role("article", name="Run 4")).to_be_focused()
    page.keyboard.press("t")
    titles(page, ["Run 4", "Run 3", "Run 2", "Run 1", "A parcel", "A letter"])
    site.notify("Run 5", *RUN)
    titles(page, ["Run 5", "Run 4", "Run 3", "Run 2", "Run 1", "A parcel", "A letter"])
    expect(fold(page, "+4 earlier")).to_be_visible()


@pytest.mark.usefixtures("run")
def test_it_is_unread_while_any_of_it_is_and_seen_as_one(open_page, alice):
    page = live(open_page, alice)
    head = page.locator("article.unread").filter(has_text="Run 3")
    page.get_by_role("article", name="Run 3").focus()
    page.keyboard.press("t")
    page.keyboard.press("Shift+I")
    expect(head).to_have_count(0)
    page.keyboard.press("t")
    expect(head).to_have_count(1)
    until(lambda: not InboxItem.objects.filter(seen_at=None).exists(), "all of it is seen")
    page.keyboard.press("u")
    expect(head).to_have_count(0)
    until(lambda: InboxItem.objects.unread().count() == 2, "all of it is read")
    page.keyboard.press("u")
    expect(head).to_have_count(1)
    until(lambda: InboxItem.objects.unread().count() == 5, "all of it is unread again")


@pytest.mark.usefixtures("run")
def test_a_selection_takes_what_is_folded(open_page, alice):
    page = live(open_page, alice)
    said = page.locator("[data-picked-said]")
    for key in ("j", "j", "x"):
        page.keyboard.press(key)
    expect(said).to_have_text("3 selected")
    page.keyboard.press("t")
    assert page.locator(f"{ROWS} [data-part=pick]:checked").count() == 3
    page.keyboard.press("t")
    page.keyboard.press("x")
    expect(said).to_have_text("0 selected")
    page.keyboard.press("Shift+ArrowDown")
    expect(said).to_have_text("4 selected")
    page.get_by_role("form", name="Selected notifications").get_by_role(
        "button", name="Archive"
    ).click()
    titles(page, ["A parcel"])
    page.keyboard.press("z")
    titles(page, FOLDED)


def test_pages_go_on_into_a_thread_and_few_rows_are_alive(open_page, alice, send):
    for n in range(130):
        send(f"Run {n}", thread="long" if n % 3 else "")
    page = live(open_page, alice)
    page.wait_for_function(
        """() => {
          const rows = [...document.querySelectorAll('[data-days] article')]
          rows.at(-1).scrollIntoView()
          return rows.at(-1).textContent.includes('Run 0')
        }""",
        polling=100,
    )
    # The row that the page began with has grown by what came from below.
    expect(fold(page, "+85 earlier")).to_have_count(1)
    assert page.locator(ROWS).count() == 45


def test_an_unfolded_thread_stays_whole_while_few_rows_are_alive(open_page, alice, send, send_many):
    # One of it is from before all that stands below it.
    send("Run 0", thread="long")
    send_many(alice, 100)
    for n in range(1, 60):
        send(f"Run {n}", thread="long")
    page = live(open_page, alice)
    page.evaluate(WATCH_ALIVE)
    go_to(page, "at(-1)", "Number 0")
    expect(fold(page, "+59 earlier")).to_have_count(1)
    page.evaluate("scrollTo(0, 0)")
    fold(page, "+59 earlier").click()
    run = page.locator(TITLES).filter(has_text="Run ")
    whole = [f"Run {n}" for n in range(59, -1, -1)]
    expect(run).to_have_text(whole)
    for n in range(60):
        send(f"Late {n}")
    expect(page.locator(TITLES).first).to_have_text("Late 59")
    # What was at the end has gone, and of the thread nothing.
    expect(page.locator(TITLES).last).not_to_have_text("Number 0")
    expect(run).to_have_text(whole)
    # What is missing is had again, wherever the thread has its oldest.
    go_to(page, "findLast((one) => one.textContent.startsWith('Number'))", "Number 0")
    numbers = page.locator(TITLES).filter(has_text="Number ").all_text_contents()
    assert numbers == [f"Number {n}" for n in range(len(numbers) - 1, -1, -1)]
    go_to(page, "at(0)", "Late 59")
    expect(page.locator(f"{ROWS}.nb-earlier")).not_to_have_count(0)
    assert page.evaluate("most") <= ALIVE


@pytest.fixture
def from_below(open_page, alice, send, send_many):
    """The list from the middle of a thread downwards, which gets no answer to what is above."""
    send_many(alice, 150)
    for n in range(60):
        send(f"Run {n}", thread="long")
    for n in range(60):
        send(f"Late {n}")
    page = live(open_page, alice)
    page.route("**/*after=*", lambda route: route.fulfill(json={}))
    arrived = InboxItem.objects.get(notification__title="Run 30").arrived_revision
    page.goto(f"/inbox/?before={arrived}")
    page.get_by_role("button", name="Keyboard shortcuts").wait_for()
    go_to(page, "at(-1)", "Number 0")
    page.evaluate("scrollTo(0, 0)")
    return page


def newer(page):
    """Let it go on, and ask until it has: it may still be at what it gets no answer to."""
    page.unroute("**/*after=*")
    page.wait_for_function(
        f"""() => {{
          const titles = [...document.querySelectorAll('{ROWS} h3 a')]
          if (titles.some((one) => one.textContent === 'Run 59')) return true
          // By the script: to point at it would scroll.
          document.querySelector('[data-newer] a').click()
        }}""",
        polling=100,
    )


def test_what_is_looked_at_stays_as_its_thread_gets_another_head_from_above(from_below):
    page = from_below
    fold(page, "+29 earlier").click()
    run = page.locator(TITLES).filter(has_text="Run ")
    expect(run).to_have_text([f"Run {n}" for n in range(29, -1, -1)])
    page.evaluate(WATCH_ALIVE)
    newer(page)
    expect(run).to_have_text([f"Run {n}" for n in range(59, -1, -1)])
    expect(page.get_by_role("article", name="Run 29")).to_be_in_viewport()
    go_to(page, "at(0)", "Late 59")
    assert page.evaluate("most") <= ALIVE


def test_what_is_below_stays_where_it_is_as_the_top_is_folded_into_another_head(from_below):
    page = from_below
    below = page.get_by_role("article", name="Number 149")
    expect(below).to_be_in_viewport()
    newer(page)
    expect(fold(page, "+59 earlier")).to_have_count(1)
    expect(page.locator(TITLES).filter(has_text="Late 10")).to_have_count(1)
    expect(below).to_be_in_viewport()


@pytest.mark.usefixtures("run")
def test_a_thread_has_a_list_of_its_own(open_page, alice):
    page = live(open_page, alice, viewport={"width": 1440, "height": 900})
    page.get_by_role("link", name="Run 3").click()
    page.get_by_role("link", name="All of this thread").click()
    titles(page, ["Run 3", "Run 2", "Run 1"])
    expect(page.get_by_label("Thread")).to_have_value("run-7")
    page.get_by_role("link", name="Clear").click()
    titles(page, FOLDED)


@pytest.mark.usefixtures("run")
def test_rows_of_threads_are_accessible_in_every_look(open_page, alice):
    page = live(open_page, alice, **looks.ANY_LOOK)
    fold(page, "+2 earlier").click()
    titles(page, UNFOLDED)
    looks.check(page)


@pytest.mark.usefixtures("run")
def test_what_is_drawn_next_does_not_take_a_click_back(open_page, alice):
    """It is known before anything can arrive."""
    page = live(open_page, alice)
    click_it = """(summary, titles) => {
      summary.click()
      return [...summary.getRootNode().querySelectorAll(titles)].map((one) => one.textContent)
    }"""
    assert fold(page, "+2 earlier").evaluate(click_it, f"{ROWS} h3 a") == UNFOLDED
    page.get_by_role("button", name="Notifications").click()
    in_panel = page.get_by_role("dialog").locator("summary").filter(has_text="+2 earlier")
    assert in_panel.evaluate(click_it, "[part=item-title]") == UNFOLDED


@pytest.mark.usefixtures("run")
def test_the_panel_folds_and_acts_as_the_list_does(open_page, alice):
    page = live(open_page, alice)
    page.get_by_role("button", name="Notifications").click()
    panel = page.get_by_role("dialog", name="Notifications")
    items = panel.get_by_role("listitem")
    expect(items).to_have_count(3)
    panel.locator("summary").filter(has_text="+2 earlier").click()
    expect(items).to_have_count(5)
    panel.locator("summary").filter(has_text="+2 earlier").click()
    expect(items).to_have_count(3)
    items.filter(has_text="Run 3").hover()
    panel.get_by_role("button", name="Archive (all 3): Run 3").click()
    expect(items).to_have_count(2)
    panel.get_by_role("button", name="Undo").click()
    expect(items).to_have_count(3)
    until(lambda: not InboxItem.objects.archived().exists(), "none is archived")


@pytest.mark.usefixtures("run")
def test_what_fails_comes_back_whole_and_is_said(open_page, alice):
    page = live(open_page, alice, allow_errors=True)
    page.route("**/inbox/actions", lambda route: route.fulfill(status=400, body="{}"))
    page.get_by_role("article", name="Run 3").focus()
    page.keyboard.press("e")
    expect(page.locator("notification-toast")).to_contain_text("Couldn't archive")
    titles(page, FOLDED)
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    page.unroute("**/inbox/actions")
    page.get_by_role("article", name="Run 3").focus()
    page.keyboard.press("e")
    titles(page, ["A parcel", "A letter"])
    until(lambda: InboxItem.objects.archived().count() == 3, "all of it is archived")


@pytest.mark.usefixtures("run")
def test_a_key_that_is_switched_off_unfolds_nothing(open_page, alice):
    preferences.choose(alice.pk, keys=False)
    page = live(open_page, alice)
    page.get_by_role("article", name="Run 3").focus()
    page.keyboard.press("t")
    page.keyboard.press("PageDown")
    expect(page.get_by_role("article", name="A letter")).to_be_focused()
    titles(page, FOLDED)
    # The button stays, for the keyboard too.
    fold(page, "+2 earlier").press("Enter")
    titles(page, UNFOLDED)
    expect(fold(page, "+2 earlier")).to_be_focused()
