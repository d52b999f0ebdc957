"""A project whose names are like ours: models, urls, an API, a command. It has two databases."""

from tests.hosts import journey

MODELS = """
from django.conf import settings
from django.db import models

class Inbox(models.Model):
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notification_inbox"
    )

class Notification(models.Model):
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications"
    )
    inbox = models.ForeignKey(Inbox, models.CASCADE, related_name="items", null=True)
    status = models.CharField(max_length=10, default="new")
"""
APPS = """
from django.apps import AppConfig

class CrmConfig(AppConfig):
    name = "crm"

    def ready(self):
        import notifications
        from crm.models import Notification
        notifications.on_save(
            Notification,
            when=lambda row, before: before is not None and before.status != row.status,
            to=lambda row: row.recipient_id and row.recipient,
            title=lambda row: f"It is {row.status}",
        )
"""
URLS = """
from django.http import HttpResponse
from django.urls import path
from ninja import NinjaAPI

api = NinjaAPI(version="1")
api.get("/inbox")(lambda request: {"whose": "theirs"})
urlpatterns = [
    path("inbox/", lambda request: HttpResponse("Theirs"), name="inbox"),
    path("api/v1/", api.urls),
]
"""
COMMAND = """
from django.core.management.base import BaseCommand

class Command(BaseCommand):
    def handle(self, **options):
        self.stdout.write("Theirs")
"""
SETTINGS = """
INSTALLED_APPS += ["crm"]
DATABASES["other"] = {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "other.sqlite3"}
"""
SAVES = """
from crm.models import Notification as Row
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import transaction
from notifications.models import InboxItem, Notification

call_command("migrate", database="other", verbosity=0)
alice = User.objects.get()
for using in ("default", "other"):
    if using == "other":
        User.objects.using("other").create(pk=alice.pk, username="alice")
    row = Row.objects.using(using).create(recipient_id=alice.pk)
    with transaction.atomic(using):
        row.status = f"gone in {using}"
        row.save()
        transaction.set_rollback(True, using)
    with transaction.atomic(using):
        row.status = f"sent in {using}"
        row.save()
        print(using, InboxItem.objects.count())
print(*Notification.objects.order_by("pk").values_list("title", "status"))
"""


def test_names_like_ours_and_two_databases(host):
    journey.install(host, at="news/")
    host.add("shop/settings.py", SETTINGS)
    for name, text in {
        "crm/__init__.py": "",
        "crm/apps.py": APPS,
        "crm/models.py": MODELS,
        "crm/urls.py": URLS,
        "crm/management/commands/doctor.py": COMMAND,
    }.items():
        host.write(name, text)
    admin = "    path('admin/'"
    host.edit("shop/urls.py", admin, f"    path('', include('crm.urls')),\n{admin}")
    host.manage("makemigrations", "crm", "-v0")
    host.ask(journey.SET_UP)
    assert "hides that of crm" in host.run("manage.py", "check").stderr
    with journey.served(host) as origin:
        browser = journey.Browser(origin, at="/news/")
        journey.taken(host, browser)
        assert browser.get("/inbox/") == "Theirs"
        assert browser.get("/api/v1/inbox") == '{"whose": "theirs"}'
        with browser.socket() as socket:
            said = host.ask(SAVES)
            journey.hears(socket, "It is sent in default")
            journey.hears(socket, "It is sent in other")
    assert "gone in" not in said
    left = host.ask(journey.TAKE_OUT)
    assert "'crm_notification'" in left
    assert "'notifications" not in left
