"""Send, follow and withdraw in Django's admin."""

import re
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from notifications.inbox import acts, stats
from notifications.models import InboxItem, Notification, Status, audiences
from notifications.sending import worker
from tests.notifications.admin.conftest import ADD, LIST, shown


def holders():
    return sorted(InboxItem.objects.present().values_list("inbox__user__username", flat=True))


def change(notification):
    return reverse("admin:notifications_notification_change", args=[notification.pk])


def test_chosen_users_get_it(post, alice, bob, charlie):
    page = post(kind="users", users=["alice", "bob"], body="a\r\nb", url="/x")
    assert "Sending to 2 people." in shown(page)
    assert holders() == ["alice", "bob"]
    sent = Notification.objects.get()
    assert (sent.body, sent.audience_label, sent.status) == ("a\nb", "alice, bob", Status.SENT)


def test_groups_and_everyone_get_it(post, alice, bob):
    staff = Group.objects.create(name="staff")
    alice.groups.add(staff)
    assert "Sending to 1 person." in shown(post(kind="groups", groups=[staff.pk], key="k1"))
    assert "Sending to 3 people." in shown(post(kind="everyone", key="k2"))
    assert holders() == ["admin", "alice", "alice", "bob"]


def test_a_form_posted_twice_sends_once(post, alice):
    for _ in range(2):
        post(kind="users", users=["alice"])
    assert holders() == ["alice"]


def test_what_was_sent_is_read_only(browser, post, alice):
    post(kind="users", users=["alice"])
    path = reverse("admin:notifications_notification_change", args=[Notification.objects.get().pk])
    page = shown(browser.get(path))
    assert "Hello" in page
    assert "<textarea" not in page
    assert 'name="_save"' not in page
    assert browser.post(path, {"title": "Changed"}).status_code == 403


def test_deleting_withdraws(browser, post, alice, django_capture_on_commit_callbacks):
    post(kind="users", users=["alice"])
    sent = Notification.objects.get()
    path = reverse("admin:notifications_notification_delete", args=[sent.pk])
    assert "Hello" in shown(browser.get(path))
    assert ">Withdraw<" in shown(browser.get(change(sent)))
    assert "Delete" not in shown(browser.get(change(sent)))
    assert "Withdraw this notification?" in shown(browser.get(path))
    with django_capture_on_commit_callbacks(execute=True):
        page = shown(browser.post(path, {"post": "yes"}, follow=True))
    assert "“Hello” was withdrawn." in page
    assert "deleted" not in page
    assert ">Withdraw<" not in shown(browser.get(change(sent)))
    sent.refresh_from_db()
    assert sent.status == Status.WITHDRAWN
    assert holders() == []


def test_selected_ones_are_withdrawn(browser, post, alice):
    post(kind="users", users=["alice"], key="k1")
    post(kind="users", users=["alice"], key="k2")
    pks = list(Notification.objects.values_list("pk", flat=True))
    page = post(LIST, action="withdraw", _selected_action=pks)
    assert "2 withdrawn." in shown(page)
    assert holders() == []
    page = post(LIST, action="withdraw", _selected_action=pks)
    assert "0 withdrawn." in shown(page)


def test_what_was_cancelled_does_not_read_as_withdrawn(browser, post, alice, send):
    later = timezone.now() + timedelta(hours=1)
    rows = [send(f"{n}", to=[alice], send_at=later) for n in range(2)]
    sent = send(to=[alice])
    path = reverse("admin:notifications_notification_delete", args=[rows[0].pk])
    page = shown(browser.post(path, {"post": "yes"}, follow=True))
    assert "was cancelled: nobody got it." in page
    assert "was withdrawn" not in page
    page = shown(post(LIST, action="withdraw", _selected_action=[rows[1].pk, sent.pk]))
    assert "1 withdrawn. 1 cancelled." in page
    assert "Cancelled before it was sent: nobody got it." in shown(browser.get(change(rows[1])))


def test_a_report_says_what_happened_and_what_was_expected(browser, user, send, alice, bob):
    group = Group.objects.create(name="staff")
    for one in (alice, bob, user("carol")):
        one.groups.add(group)
    later = timezone.now() + timedelta(hours=1)
    sent = send(audience=audiences.Groups.named(["staff"]), send_at=later)
    assert "3 expected" in shown(browser.get(LIST))
    bob.groups.clear()
    alice.groups.clear()
    Notification.objects.filter(pk=sent.pk).update(send_at=timezone.now())
    worker.run_due()
    said = "Sent to 1 person (3 expected when it was scheduled)."
    assert said in shown(browser.get(change(sent)))
    assert counts(browser.get(LIST)) == ["1", "0", "0", "0"]


def test_who_withdrew_is_in_the_history_once(browser, post, alice):
    for key in ("k1", "k2"):
        post(kind="users", users=["alice"], key=key)
    one, other = Notification.objects.order_by("pk")
    for _ in range(2):
        post(reverse("admin:notifications_notification_delete", args=[one.pk]), post="yes")
        post(LIST, action="withdraw", _selected_action=[other.pk])
    for sent in (one, other):
        path = reverse("admin:notifications_notification_history", args=[sent.pk])
        history = shown(browser.get(path)).partition('id="change-history"')[2]
        said = re.findall(r"(?s)<td>([^<]*)</td>\s*</tr>", history)
        assert [line.strip() for line in said] == ["Added.", "Withdrawn."]


def test_no_page_loads_all_users(browser, post, alice, django_assert_max_num_queries):
    get_user_model().objects.bulk_create(
        get_user_model()(username=f"crowd{n}", password="!") for n in range(300)
    )
    post(kind="everyone", key="k1")
    sent = Notification.objects.get()
    pages = [
        ADD,
        LIST,
        reverse("admin:notifications_notification_change", args=[sent.pk]),
        reverse("admin:notifications_notification_delete", args=[sent.pk]),
    ]
    for path in pages:
        with django_assert_max_num_queries(12):
            assert "crowd7" not in shown(browser.get(path))


def test_the_list_shows_kept_figures_and_the_page_of_one_exact_ones(browser, send, alice, bob):
    sent = send(to=[alice, bob])
    acts.mark_seen(bob.pk, acts.Chosen([sent.pk]))
    acts.mark_read(alice.pk, acts.Chosen([sent.pk]))
    assert counts(browser.get(LIST)) == ["2", "0", "0", "0"]
    page = shown(browser.get(change(sent)))
    said_of = {"delivered": 2, "seen": 2, "read": 1, "outcome": "Sent to 2 people."}
    for name, said in said_of.items():
        row = re.search(rf'(?s)field-{name}">.*?<div class="readonly">(.*?)</div>', page)
        assert row.group(1) == str(said), name
    stats.roll_up()
    assert counts(browser.get(LIST)) == ["2", "2", "2", "1"]


def counts(page):
    names = ("recipients", "delivered", "seen", "read")
    cells = [re.search(rf'field-{name}">(.*?)</td>', shown(page)) for name in names]
    return [cell.group(1) for cell in cells]


def test_the_list_counts_no_further_than_its_links_lead(
    browser, post, alice, django_assert_max_num_queries
):
    Notification.objects.bulk_create(
        Notification(title=f"Number {n}", audience_kind="everyone", status=Status.SENT)
        for n in range(600)
    )
    with django_assert_max_num_queries(8):
        page = shown(browser.get(LIST))
    assert "more than 500" in page
    assert "Show counts" not in page
    assert "Number 599" in page
    assert "Number 549" not in page
    last = shown(browser.get(f"{LIST}?p=12"))
    assert "Number 0<" in last
    assert "more than" not in last
    assert browser.get(f"{LIST}?p=13").status_code == 302
    assert "Number 599" in shown(browser.get(f"{LIST}?p=x"))


def test_the_list_asks_as_much_for_many_as_for_one(browser, send, alice, bob):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            browser.get(LIST)
        return len(captured)

    send(to=[alice])
    before = queries()
    for n in range(20):
        send(f"Number {n}", to=[alice, bob])
    assert queries() == before


def test_the_bell_rings_in_the_admin_too(browser, send, admin, client, alice):
    send("For the admin", to=[admin])
    page = shown(browser.get(LIST))
    assert re.search('<notification-bell [^>]*unread="1"', page)
    assert "<notification-bell" not in shown(Client().get("/admin/login/"))


def test_no_page_needs_anything_inline(browser, send, alice):
    sent = send(to=[alice])
    for path in (ADD, LIST, change(sent)):
        page = shown(browser.get(path))
        assert not re.search(r"<style|style=|<script(?![^>]*(src=|application/json))", page), path
