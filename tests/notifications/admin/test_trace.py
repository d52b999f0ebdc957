"""The page that tells a notification's story, and what a clerk may know of it."""

import pytest

from tests.notifications.admin.conftest import LIST, shown
from tests.notifications.inbox.test_trace import stream

pytestmark = pytest.mark.django_db
__all__ = ["stream"]


def page(notification, **query):
    return f"{LIST}{notification.pk}/trace/" + "".join(f"?{k}={v}" for k, v in query.items())


def test_the_list_and_the_page_of_one_lead_to_it(browser, send, alice):
    notification = send(to=[alice])
    for path in (LIST, f"{LIST}{notification.pk}/change/"):
        assert f'href="{page(notification)}"' in shown(browser.get(path))
    found = shown(browser.get(page(notification)))
    assert "For all of its audience" in found
    assert "In 1 inbox, of 1 that were expected." in found
    assert "Times are in UTC." in found


def test_it_tells_of_one_user_with_the_streams(browser, send, alice, stream):
    notification = send(to=[alice])
    kept = stream(alice, spans=[[0, 1, "hinted"]], acknowledged=1)
    found = shown(browser.get(page(notification, user=alice.username)))
    assert kept.connection in found
    assert "Written and acknowledged (hinted)." in found
    assert "Not in its audience" not in found


def test_it_says_why_somebody_did_not_get_it(browser, send, alice, bob):
    notification = send(to=[alice])
    assert "Not in its audience" in shown(browser.get(page(notification, user=bob.username)))


@pytest.mark.parametrize("name", ["nobody", "%00", "x" * 1000, "%3Cscript%3E"])
def test_whoever_is_not_there_is_said_to_be_nobody(browser, send, alice, name):
    found = shown(browser.get(page(send(to=[alice]), user=name)))
    assert "<script>" not in found
    if name != "%00":
        assert "There is nobody of that name" in found


@pytest.mark.parametrize("pk", ["0", "999999", "x", "1/2"])
def test_what_is_not_there_is_not_found(browser, pk):
    assert browser.get(f"{LIST}{pk}/trace/").status_code == 404


# --- Who may know what ----------------------------------------------------------------------------


def test_who_may_not_see_notifications_sees_no_story(client, clerk, send, alice):
    notification = send(to=[alice])
    client.force_login(clerk("view_inboxitem", "view_streamrecord"))
    assert client.get(page(notification)).status_code == 403


def test_plain_users_and_strangers_are_sent_away(client, send, alice):
    notification = send(to=[alice])
    assert client.get(page(notification)).status_code == 302
    client.force_login(alice)
    assert client.get(page(notification)).status_code == 302


def test_who_may_not_see_recipients_learns_of_none(client, clerk, send, alice, stream):
    notification = send(to=[alice])
    kept = stream(alice, spans=[[0, 1, "hinted"]])
    client.force_login(clerk("view_notification", "view_streamrecord"))
    found = shown(client.get(page(notification, user=alice.username)))
    assert "For all of its audience" in found
    assert alice.username not in found
    assert kept.connection not in found


def test_who_may_not_see_streams_learns_not_when_somebody_was_there(
    client, clerk, send, alice, stream
):
    notification = send(to=[alice])
    kept = stream(alice, spans=[[0, 1, "hinted"]])
    client.force_login(clerk("view_notification", "view_inboxitem"))
    found = shown(client.get(page(notification, user=alice.username)))
    assert "No client has said that it holds it." in found
    assert "You may not see streams" in found
    assert kept.connection not in found
    assert "Written" not in found


def test_who_may_not_look_users_up_cannot_tell_who_is_there(client, clerk, send, alice, charlie):
    notification = send(to=[alice])
    client.force_login(clerk("view_notification", "view_inboxitem", "view_streamrecord"))
    there, nobody = (
        shown(client.get(page(notification, user=name)))
        .partition("content-main")[2]
        .replace(name, "")
        for name in (charlie.username, "mallory")
    )
    assert "There is nobody of that name" in there
    assert there == nobody
