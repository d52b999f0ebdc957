import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from notifications.credentials import keys
from notifications.models import ApiKey

LIST = reverse("admin:notifications_apikey_changelist")
ADD = reverse("admin:notifications_apikey_add")
FORM = {"name": "shop", "scopes": ["send:user", "tokens"], "origins": "https://shop.example"}


@pytest.fixture
def staff(client, alice):
    """Sign alice in as staff with these permissions."""

    def become(*codenames):
        alice.is_staff = True
        alice.save()
        alice.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client.force_login(alice)
        return client

    return become


def add(client, **fields):
    return client.post(ADD, FORM | fields)


def errors(response):
    assert response.status_code == 200
    assert not ApiKey.objects.exists()
    return set(response.context["adminform"].form.errors)


def test_a_key_is_shown_once_and_never_again(client, admin):
    client.force_login(admin)
    response = add(client)
    assert "no-store" in response["Cache-Control"]
    (key,) = re.findall(r'value="(nk_[^"]+)"', response.content.decode())
    row = keys.find(key)
    assert (row.name, row.scopes, row.origins) == (
        "shop", ["send:user", "tokens"], ["https://shop.example"],
    )  # fmt: skip
    assert row.created_by == admin
    view = reverse("admin:notifications_apikey_change", args=[row.pk])
    history = reverse("admin:notifications_apikey_history", args=[row.pk])
    for path in (LIST, view, history, reverse("admin:index")):
        page = client.get(path).content.decode()
        assert key not in page
        assert row.key_hash not in page
        assert row.prefix in page


def test_the_pages_explain_themselves(client, admin, api_key):
    row, _ = api_key("send:user")
    keys.note_use(row)
    client.force_login(admin)
    page = client.get(LIST).content.decode()
    for text in (f"{row.prefix}…", "send:user", "Live", "Give each service a key of its own"):
        assert text in page
    page = client.get(ADD).content.decode()
    for text in ("Send to everyone", "One a line, such as", "never into a page"):
        assert text in page
    made = add(client).content.decode()
    assert "It is shown now and never again" in made
    assert "Authorization: Bearer" in made


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, {"name"}),
        ({"scopes": []}, {"scopes", "origins"}),
        ({"scopes": ["root"]}, {"scopes", "origins"}),
        ({"origins": "shop.example"}, {"origins"}),
        ({"origins": "https://shop.example/path"}, {"origins"}),
        ({"origins": "*"}, {"origins"}),
        ({"origins": "https://*"}, {"origins"}),
        ({"origins": "https://*.example"}, {"origins"}),
        ({"origins": "https://s*p.example"}, {"origins"}),
        ({"origins": "null"}, {"origins"}),
        ({"origins": "\n".join(f"https://a{n}.example" for n in range(51))}, {"origins"}),
        ({"scopes": ["send:user"]}, {"origins"}),
        ({"expires_at": "2020-01-01T00:00"}, {"expires_at"}),
    ],
)
def test_what_makes_no_sense_is_refused(client, admin, fields, wrong):
    client.force_login(admin)
    assert errors(add(client, **fields)) == wrong


def test_origins_are_listed_one_a_line(client, admin):
    client.force_login(admin)
    add(
        client, origins="https://Shop.example\r\n\r\nhttps://*.shop.example\r\nhttps://shop.example"
    )
    assert ApiKey.objects.get().origins == ["https://shop.example", "https://*.shop.example"]


def test_a_key_may_end(client, admin):
    client.force_login(admin)
    tomorrow = timezone.now() + timedelta(days=1)
    add(client, expires_at=f"{tomorrow:%Y-%m-%dT%H:%M}")
    assert abs(ApiKey.objects.get().expires_at - tomorrow) < timedelta(minutes=2)


def test_keys_are_revoked_and_neither_changed_nor_deleted(client, admin, api_key):
    row, key = api_key("send:user")
    client.force_login(admin)
    view = reverse("admin:notifications_apikey_change", args=[row.pk])
    assert client.post(view, FORM).status_code == 403
    delete = reverse("admin:notifications_apikey_delete", args=[row.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    response = client.post(LIST, {"action": "revoke", "_selected_action": [row.pk]}, follow=True)
    assert "1 key revoked, and the tokens that it made." in response.content.decode()
    assert "Revoked" in response.content.decode()
    assert keys.find(key) is None


def test_who_may_send_to_nobody_cannot_make_a_key_that_may(staff):
    client = staff("add_apikey", "change_apikey", "view_apikey")
    assert add(client).status_code == 403
    assert not ApiKey.objects.exists()


def test_revoking_needs_the_permission_to_change_keys(staff, api_key):
    row, key = api_key("send:user")
    chosen = {"action": "revoke", "_selected_action": [row.pk]}
    for permissions in ((), ("view_apikey",)):
        staff(*permissions).post(LIST, chosen)
        assert keys.find(key) == row
    staff("view_apikey", "change_apikey").post(LIST, chosen)
    assert keys.find(key) is None
