"""``/api/v1/notifications``: what other services send, follow, edit and withdraw."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from notifications.inbox import acts, reading, stats
from notifications.models import ApiKey, InboxItem, Notification
from notifications.push import receipts
from notifications.sending import worker
from notifications.wire import serializers
from tests.support.told import told

pytestmark = pytest.mark.django_db(transaction=True)
EVERY_SCOPE = ("send:user", "send:group", "send:everyone")


class Service:
    """Another service, with a key."""

    def __init__(self, key):
        self._headers = {"authorization": f"Bearer {key}"}
        self._client = Client()

    def call(self, method, path, body=None, **headers):
        return getattr(self._client, method)(
            f"/api/v1/notifications{path}",
            body,
            content_type="application/json",
            headers=self._headers | headers,
        )

    def send(self, key=None, **body):
        headers = {} if key is None else {"idempotency-key": key}
        return self.call("post", "", {"title": "Hello"} | body, **headers)

    def report(self, answer):
        return self._client.get(
            f"/api/v1/notifications/{answer.json()['id']}", headers=self._headers
        ).json()


@pytest.fixture
def service(api_key):
    return Service(api_key(*EVERY_SCOPE, name="CI server")[1])


def to(*users):
    return {"users": [user.username for user in users]}


def test_what_was_sent_is_in_the_inboxes(service, alice, bob, charlie):
    answer = service.send(
        audience=to(alice, bob),
        title="Build failed",
        body="two\r\nlines",
        level="critical",
        category="ci",
        url="/builds/7",
        actions=[{"label": "Look", "url": "https://ci.example/7"}],
        thread="build-7",
        data={"build": 7},
        expires_at="2999-01-01T00:00:00Z",
    )
    assert answer.status_code == 201
    pk = answer.json()["id"]
    assert answer.json() == {"id": pk, "status": "sent", "recipient_count": 2}
    found = reading.one(alice.pk, int(pk))
    shown = serializers.notification(found.item, found.said)
    assert (
        shown
        | {
            "title": "Build failed",
            "body": "two\nlines",
            "level": "critical",
            "category": "ci",
            "url": "/builds/7",
            "actions": [{"label": "Look", "url": "https://ci.example/7"}],
            "thread": "build-7",
            "data": {"build": 7},
            "sender": "CI server",
            "expires_at": "2999-01-01T00:00:00.000Z",
        }
        == shown
    )
    assert reading.one(bob.pk, int(pk)) is not None
    assert reading.one(charlie.pk, int(pk)) is None


def test_each_form_of_audience(service, alice, bob, charlie, admin):
    alice.groups.add(Group.objects.create(name="ops"))
    bob.groups.add(Group.objects.create(name="dev"))
    for audience, count in (
        (to(alice), 1),
        ({"groups": ["ops"]}, 1),
        ({"groups": ["ops", "dev", "ops"]}, 2),
        ({"everyone": True}, 4),
    ):
        answer = service.send(audience=audience)
        assert (answer.status_code, answer.json()["recipient_count"]) == (201, count), audience


def test_groups_of_everybody_need_the_scope_for_everyone(api_key, service, alice, bob, charlie):
    everybody, some = (Group.objects.create(name=name) for name in ("all", "some"))
    everybody.user_set.set([alice, bob, charlie])
    some.user_set.set([alice, bob])
    both = {"groups": ["all", "some"]}
    narrow = Service(api_key("send:group")[1])
    answer = narrow.send(audience=both)
    assert answer.status_code == 403
    assert "send:everyone" in answer.json()["detail"]
    assert not Notification.objects.exists()
    assert narrow.send(audience={"groups": ["some"]}).status_code == 201
    assert service.send(audience=both).json()["recipient_count"] == 3


@pytest.mark.parametrize("scope", EVERY_SCOPE)
def test_a_scope_is_of_one_kind_of_audience(scope, api_key, alice):
    get_user_model().objects.create_user("another")
    alice.groups.add(Group.objects.create(name="ops"))
    service = Service(api_key(scope)[1])
    audiences = {
        "send:user": [to(alice), {"users": ["nobody"]}],
        "send:group": [{"groups": ["ops"]}, {"groups": ["nothing"]}],
        "send:everyone": [{"everyone": True}],
    }
    for needed, tried in audiences.items():
        for audience in tried:
            if needed != scope:
                answer = service.send(audience=audience)
                # Nor does it learn who exists.
                assert answer.status_code == 403
                assert needed in answer.json()["detail"]
    assert not Notification.objects.exists()
    assert service.send(audience=audiences[scope][0]).status_code == 201


def test_unknown_names_are_named_and_nothing_is_sent(service, alice):
    answer = service.send(audience={"users": ["alice", "nobody", "none"]})
    assert answer.status_code == 422
    assert answer.json()["errors"] == {"audience.users": ["nobody", "none"]}
    answer = service.send(audience={"groups": ["nothing"]})
    assert answer.json()["errors"] == {"audience.groups": ["nothing"]}
    assert not Notification.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"audience": {}}, "audience"),
        ({"audience": {"users": []}}, "audience.users"),
        ({"audience": {"users": ["a"] * 1001}}, "audience.users"),
        ({"audience": {"users": "alice"}}, "audience.users"),
        ({"audience": {"users": [1]}}, "audience.users.0"),
        ({"audience": {"everyone": False}}, "audience.everyone"),
        ({"audience": {"users": ["alice"], "everyone": True}}, "audience"),
        ({"audience": {"users": ["alice"], "roles": []}}, "audience.roles"),
        ({"audience": None}, "audience"),
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": None}, "title"),
        ({"title": 1}, "title"),
        ({"body": "x" * 10_001}, "body"),
        ({"level": "loud"}, "level"),
        ({"category": "A b"}, "category"),
        ({"url": "javascript:x"}, "url"),
        ({"url": "/" + "x" * 2000}, "url"),
        ({"actions": [{"label": "x", "url": "/"}] * 3}, "actions"),
        ({"actions": [{"label": "x"}]}, "actions.0.url"),
        ({"actions": [{"label": "x", "url": "javascript:x"}]}, "actions"),
        ({"thread": "x" * 201}, "thread"),
        ({"data": []}, "data"),
        ({"data": {"x": "y" * 2048}}, "data"),
        ({"data": {"x": 2**53}}, "data"),
        ({"send_at": 1}, "send_at"),
        ({"send_at": "soon"}, "send_at"),
        ({"send_at": "2030-01-01T00:00:00"}, "send_at"),
        ({"send_at": "0001-01-01T00:00:00+23:00"}, "send_at"),
        ({"send_at": "9999-12-31T23:00:00-23:00"}, "send_at"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"send_at": "2990-01-01T00:00:00Z", "expires_at": "2980-01-01T00:00:00Z"}, "expires_at"),
        ({"colour": "red"}, "colour"),
        ({"sender": "me"}, "sender"),
        ({"status": "sent"}, "status"),
    ],
    ids=str,
)
def test_what_is_wrong_is_422_and_says_where(body, field, service, alice):
    answer = service.send(**{"audience": to(alice)} | body)
    assert answer.status_code == 422, answer.content
    assert list(answer.json()["errors"]) == [field]
    assert not Notification.objects.exists()


def test_the_same_key_is_the_same_notification(service, api_key, alice, bob):
    body = {"audience": to(alice), "send_at": "2990-01-01T00:00:00Z"}
    first = service.send("k", **body)
    again = service.send("k", **body | {"send_at": "2990-01-01T01:00:00+01:00"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    for other in ({"title": "Other"}, {"audience": to(bob)}, {"send_at": None}):
        assert service.send("k", **body | other).status_code == 409
    # It is this key's own.
    other = Service(api_key(*EVERY_SCOPE)[1])
    assert other.send("k", **body).status_code == 201
    assert service.send("l", **body).status_code == 201
    assert Notification.objects.count() == 3


def test_a_key_holds_also_when_what_was_sent_has_been_edited_or_is_over(service, alice):
    body = {"audience": to(alice), "expires_at": "2990-01-01T00:00:00Z"}
    first = service.send("k", **body)
    service.call("patch", f"/{first.json()['id']}", {"title": "Edited"})
    assert service.send("k", **body).status_code == 200
    Notification.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    worker.run_due()
    assert service.send("k", **body).json()["id"] == first.json()["id"]


@pytest.mark.parametrize("key", ["", "x" * 256, "a\x7fb", "  "])
def test_a_key_that_is_none_is_422(key, service, alice):
    assert service.send(key, audience=to(alice)).status_code == 422
    assert not Notification.objects.exists()


def test_what_is_scheduled_is_sent_at_its_time(service, alice):
    answer = service.send(audience=to(alice), send_at="2990-01-01T00:00:00Z")
    assert answer.json()["status"] == "scheduled"
    assert not InboxItem.objects.exists()
    Notification.objects.update(send_at=timezone.now())
    worker.run_due()
    assert service.report(answer)["status"] == "sent"
    assert alice.notifications_inbox.items.count() == 1


def test_the_report_counts(service, alice, bob, charlie):
    answer = service.send(audience=to(alice, bob, charlie))
    pk = int(answer.json()["id"])
    epoch = reading.head(charlie.pk).epoch
    receipts.deliver(charlie.pk, epoch, 1)
    acts.mark_seen(bob.pk, acts.Chosen([pk]))
    acts.mark_read(alice.pk, acts.Chosen([pk]))
    stats.roll_up()  # as a dispatcher does every few seconds
    assert service.report(answer) == {
        "id": str(pk),
        "status": "sent",
        "recipient_count": 3,
        "item_count": 3,
        "muted_count": 0,
        "off_count": 0,
        "delivered_count": 3,
        "seen_count": 2,
        "read_count": 1,
    }


def test_an_edit_reaches_the_inboxes_and_is_not_announced(service, alice):
    answer = service.send(audience=to(alice), url="/old")
    pk = answer.json()["id"]
    (before,) = told(alice.pk, 0).notifications
    changes = {"title": "New", "body": "text", "level": "warning", "url": None}
    edited = service.call("patch", f"/{pk}", changes)
    assert (edited.status_code, edited.json()["status"]) == (200, "sent")
    head = reading.head(alice.pk)
    (after,) = told(alice.pk, 1).notifications
    assert after == before | changes | {"revision": 2}
    assert (head.revision, head.counts) == (2, {"unread": 1, "unseen": 1})
    # The same again changes nothing, and takes no revision.
    assert service.call("patch", f"/{pk}", changes).status_code == 200
    assert reading.head(alice.pk).revision == 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": None},
        {"title": ""},
        {"title": "a\nb"},
        {"level": "loud"},
        {"url": "javascript:x"},
        {"body": "x" * 10_001},
        {"category": "x"},
        {"audience": {"everyone": True}},
        {"title": "Good", "colour": "red"},
        [],
    ],
    ids=str,
)
def test_an_edit_that_is_wrong_changes_nothing(body, service, alice):
    pk = service.send(audience=to(alice)).json()["id"]
    answer = service.call("patch", f"/{pk}", body)
    assert answer.status_code == 422
    assert answer.json()["errors"]
    assert Notification.objects.get().title == "Hello"
    assert reading.head(alice.pk).revision == 1


def test_deleting_cancels_or_withdraws_and_may_be_repeated(service, alice):
    sent = service.send(audience=to(alice)).json()["id"]
    later = service.send(audience=to(alice), send_at="2990-01-01T00:00:00Z").json()["id"]
    for pk, status in ((sent, "withdrawn"), (later, "cancelled")):
        for _ in range(2):
            answer = service.call("delete", f"/{pk}")
            assert (answer.status_code, answer.json()["status"]) == (200, status)
        assert service.call("patch", f"/{pk}", {"title": "New"}).status_code == 409
    assert reading.page(alice.pk, size=10).notifications == []


@pytest.mark.parametrize("wire_id", ["0", "x", "1" * 30, "1.0"])
def test_an_id_that_is_none_is_404(wire_id, service):
    for method, body in (("get", None), ("patch", {"title": "x"}), ("delete", None)):
        assert service.call(method, f"/{wire_id}", body).status_code == 404


def test_a_key_with_no_scope_left_to_send_still_follows_what_it_sent(service, alice):
    answer = service.send(audience=to(alice))
    ApiKey.objects.update(scopes=[])
    assert service.report(answer)["item_count"] == 1
    assert service.send(audience=to(alice)).status_code == 403


def test_everyone_is_told_something_only_so_often(service, api_key, alice, settings):
    settings.NOTIFICATIONS_EVERYONE_RATE_PER_H = 2
    everyone = {"audience": {"everyone": True}}
    assert [service.send(key, **everyone).status_code for key in ("a", None)] == [201, 201]
    refused = service.send("b", **everyone)
    assert refused.status_code == 429
    assert 3500 < int(refused["Retry-After"]) <= 3600
    assert Notification.objects.count() == 2
    # The same request again is no other one; others are not told, or do not send.
    assert service.send("a", **everyone).status_code == 200
    assert service.send(audience=to(alice)).status_code == 201
    assert Service(api_key(*EVERY_SCOPE)[1]).send(**everyone).status_code == 201
    hour_ago = timezone.now() - timedelta(hours=1)
    Notification.objects.filter(idempotency_key="a").update(created_at=hour_ago)
    assert service.send("b", **everyone).status_code == 201
    assert service.send("c", **everyone).status_code == 429


def test_without_a_limit_everyone_is_told_as_often_as_one_likes(service, alice, settings):
    settings.NOTIFICATIONS_EVERYONE_RATE_PER_H = 0
    answers = [service.send(audience={"everyone": True}).status_code for _ in range(3)]
    assert answers == [201] * 3
