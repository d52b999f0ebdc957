import pytest
from django.contrib.auth.models import Permission

ADD = "/admin/notifications/notification/add/"
LIST = "/admin/notifications/notification/"
REACH = "/admin/notifications/notification/reach/"


def shown(page):
    return page.content.decode()


@pytest.fixture
def browser(client, admin):
    client.force_login(admin)
    return client


@pytest.fixture
def post(browser, django_capture_on_commit_callbacks):
    """Post the form that composes, by default with the button that sends."""

    def act(path=ADD, button="_send", **fields):
        form = {"title": "Hello", "level": "info", "category": "general", "key": "k"} | fields
        with django_capture_on_commit_callbacks(execute=True):
            return browser.post(path, form | {button: "x"}, follow=True)

    return act


@pytest.fixture
def clerk(user):
    """Staff who may do what is named, and nothing else."""

    def create(*permissions):
        person = user("clerk", is_staff=True)
        person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        return person

    return create
