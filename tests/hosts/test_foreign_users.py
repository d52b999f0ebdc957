"""Projects whose users are none of ours: other keys, other names, no groups, managers that hide."""

import pytest

from tests.hosts import journey

# Keys that are UUIDs, e-mail addresses for names, neither groups nor a column that says who is
# active; no permissions either: whoever is on the staff may do everything.
BY_EMAIL = """
import uuid
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

class Manager(BaseUserManager):
    def create(self, email, **fields):
        user = self.model(email=email, **fields)
        user.set_password("secret")
        user.save()
        return user

class User(AbstractBaseUser):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.EmailField(unique=True)
    is_staff = models.BooleanField(default=False)
    objects = Manager()
    USERNAME_FIELD = "email"

    @property
    def is_superuser(self):
        return self.is_staff

    def has_perm(self, perm, obj=None):
        return self.is_staff

    def has_module_perms(self, app):
        return self.is_staff
"""
# Keys that are text, a manager that hides who was deleted, and `is_active` worked out in Python.
BY_TEXT = """
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models

class Manager(BaseUserManager):
    def get_queryset(self):
        return super().get_queryset().filter(is_deleted=False)

    def create(self, email, **fields):
        user = self.model(id=f"usr/{email}", email=email, **fields)
        user.set_password("secret")
        user.save()
        return user

class User(AbstractBaseUser, PermissionsMixin):
    id = models.CharField(primary_key=True, max_length=120)
    email = models.CharField(unique=True, max_length=200)
    is_staff = models.BooleanField(default=False)
    is_blocked = models.BooleanField(default=False)
    is_deleted = models.BooleanField(default=False)
    objects = Manager()
    everybody = models.Manager()
    USERNAME_FIELD = "email"

    @property
    def is_active(self):
        return not self.is_blocked

class Member(User):
    class Meta:
        proxy = True
"""
# Who was there before the app: made one by one, in bulk, and by another program.
BEFORE = """
from django.core.management import call_command
from django.db import connection
call_command("makemigrations", "people", verbosity=0)
call_command("migrate", "people", verbosity=0)
from people.models import User
is_text = User._meta.pk.get_internal_type() == "CharField"
def bulk(name, **fields):
    key = {"id": f"usr/{name}"} if is_text else {}
    user = User(email=f"{name}@shop.example", **key, **fields)
    user.set_password("secret")
    User.objects.bulk_create([user])
bulk("alice", is_staff=True, **({"is_superuser": True} if is_text else {}))
call_command("migrate", verbosity=0)
from notifications.models import Inbox
print("inboxes:", Inbox.objects.count())
bulk("bulk")
table, names = User._meta.db_table, [f.column for f in User._meta.concrete_fields]
copied = [{"id": "REPLACE(id, 'b', 'c')", "email": "'raw@shop.example'"}.get(n, n) for n in names]
with connection.cursor() as cursor:
    if not is_text:
        copied[names.index("id")] = "'0123456789abcdef0123456789abcdef'"
    cursor.execute(f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(copied)} FROM"
                   f" {table} WHERE email = 'bulk@shop.example'")
print("users:", User.objects.count())
"""
SEND = """
import notifications
from datetime import timedelta
from django.utils import timezone
from notifications.models import Inbox, Notification
from notifications.push import presence
from people.models import User
alice, raw = (User.objects.get(email=f"{n}@shop.example") for n in ("alice", "raw"))
print(notifications.send("To both", to=[alice, raw], key="once").notification.item_count)
print(notifications.send("To both", to=[raw, alice], key="once").created)
print(notifications.send("To all", to=notifications.everyone).notification.item_count)
tomorrow = timezone.now() + timedelta(1)
later = notifications.send("Later", to=notifications.everyone, send_at=tomorrow)
late = User.objects.create("late@shop.example")
Notification.objects.filter(pk=later.notification.pk).update(send_at=timezone.now())
from notifications.sending import worker
worker.run_due()
print("late:", Inbox.objects.get(user=late).items.count())
print("raw:", Inbox.objects.get(user=raw).items.count(), presence.online([raw.pk]))
"""
COMPOSE = """
import re
from html import unescape
from django.test import Client
from people.models import User
client = Client(SERVER_NAME="localhost", headers={"accept-language": "en"})
client.force_login(User.objects.get(email="alice@shop.example"))
url = "/admin/notifications/notification/"
print("groups are offered:", b'value="groups"' in client.get(url + "add/").content)
print(client.get(url + "users/?term=raw").json()["results"])
form = {"title": "From the admin", "kind": "users", "users": ["alice@shop.example"],
        "level": "info", "category": "general", "key": "k", "_review": ""}
page = client.post(url + "add/", form).content.decode()
form |= {n: unescape(v) for n, v in
         re.findall(r'<input type="hidden" name="(\\w+)" value="([^"]*)"', page)}
print(client.post(url + "add/", {**form, "_send": ""}, follow=True).content.decode())
print(client.get("/inbox/").content.decode())
print(client.get("/api/v1/inbox").content.decode())
print("session:", client.cookies["sessionid"].value)
"""
TAKE_OUT = """
from django.core.management import call_command
from django.db import connection
call_command("doctor")
call_command("makemigrations", check_changes=True, dry_run=True)
call_command("migrate", "notifications", "zero", verbosity=0)
print(connection.introspection.table_names())
"""


@pytest.fixture
def shop(host):
    """With an app `people` of its own users."""
    journey.install(host)
    host.add("shop/settings.py", "AUTH_USER_MODEL = 'people.User'\nINSTALLED_APPS += ['people']\n")

    def with_users(models):
        for name in ("__init__.py", "migrations/__init__.py"):
            host.write(f"people/{name}", "")
        host.write("people/models.py", models)
        return host

    return with_users


def taken(host):
    """Send in every way; what the pages said."""
    said = host.ask(COMPOSE)
    session = said.rpartition("session: ")[2].strip()
    cookies = f"sessionid={session}"
    with journey.served(host) as origin, journey.socket_of(origin, cookies) as socket:
        sent = host.manage("notify", "From the command", "--user", "alice@shop.example")
        assert "1 recipient" in sent
        journey.hears(socket, "From the command")
    return said


def is_gone(host):
    said = host.ask(TAKE_OUT)
    assert "All is well." in said
    assert "No changes detected" in said
    assert "people_user" in said
    assert "notifications_" not in said


def test_users_with_uuids_and_e_mail_addresses_and_without_groups(shop):
    host = shop(BY_EMAIL)
    assert host.ask(BEFORE).split("\n")[:2] == ["inboxes: 1", "users: 3"]
    said = host.ask(SEND).split("\n")
    assert said[:3] == ["2", "False", "3"]
    assert said[3:5] == ["late: 0", "raw: 3 set()"]
    pages = taken(host)
    assert "groups are offered: False" in pages
    assert "Sent to 1 person." in pages
    for title in ("From the admin", "To both", "Later"):
        assert pages.count(title) > 1
    refused = host.ask(
        "from django.core.management import call_command, CommandError\n"
        "import notifications\n"
        "from django.contrib.auth.models import Group\n"
        "for send in (lambda: call_command('notify', 'x', '--group', 'staff'),\n"
        "             lambda: notifications.send('x', to=Group.objects.create(name='staff'))):\n"
        "    try:\n        send()\n"
        "    except (CommandError, ValueError) as error:\n        print(error)\n",
    )
    assert "--group" in refused
    assert "people.User has no groups to send to." in refused
    is_gone(host)


def test_users_with_text_for_keys_and_a_manager_that_hides(shop):
    host = shop(BY_TEXT)
    assert host.ask(BEFORE).split("\n")[:2] == ["inboxes: 1", "users: 3"]
    said = host.ask(SEND).split("\n")
    assert said[:3] == ["2", "False", "3"]
    assert said[3:5] == ["late: 0", "raw: 3 set()"]
    hidden = host.ask(
        "import notifications\nfrom people.models import User\n"
        "from django.contrib.auth.models import Group\n"
        "from notifications.models import Inbox\n"
        "staff = Group.objects.create(name='staff')\nstaff.user_set.set(User.objects.all())\n"
        "User.objects.filter(email='bulk@shop.example').update(is_deleted=True)\n"
        "print(notifications.send('To the staff', to=staff).notification.item_count)\n"
        "print(notifications.send('To all', to=notifications.everyone).notification.item_count)\n"
        "bulk = User.everybody.get(email='bulk@shop.example')\n"
        "print(Inbox.objects.get(user=bulk).items.count())\nbulk.delete()\n"
        "from people.models import Member\n"
        "member = Member.objects.create('member')\n"
        "print(Inbox.objects.filter(user_id=member.pk).count())\nmember.delete()\n",
    )
    assert hidden.split() == ["3", "3", "2", "1"]
    pages = taken(host)
    assert "groups are offered: True" in pages
    assert "Sent to 1 person." in pages
    is_gone(host)
