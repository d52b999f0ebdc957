"""The inbox's pages and the API, for a project to include where it likes."""

from collections.abc import Iterable

from django.db.transaction import non_atomic_requests
from django.urls import URLPattern, URLResolver, path

from notifications import api
from notifications.pages import dashboard, identity, self_test, views
from notifications.pages.demo import demo_page
from notifications.pages.diagnostics import diagnostics_page
from notifications.pages.preferences import preferences_page
from notifications.wire import places


def without_transactions(patterns: Iterable[URLPattern | URLResolver]) -> None:
    """Take these views out of a project's ATOMIC_REQUESTS: acts begin transactions of their own,
    and what only reads would hold up who writes, or fail because somebody else did.
    """
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            without_transactions(pattern.url_patterns)
        else:
            non_atomic_requests(pattern.callback)


app_name = "notifications"
urlpatterns: list[URLPattern | URLResolver] = [
    path("inbox/", views.inbox_page, name="inbox"),
    path("inbox/actions/", views.inbox_action, name="inbox-action"),
    path("inbox/preferences/", preferences_page, name="preferences"),
    path("inbox/<str:wire_id>/", views.inbox_one, name="inbox-one"),
    path("identity/theme.css", identity.sheet, name="identity-sheet"),
    path("identity/icon.svg", identity.icon, name="identity-icon"),
    path("identity/manifest.webmanifest", identity.manifest, name="manifest"),
    path("dashboard/", dashboard.page, name="dashboard"),
    path("dashboard/figures/", dashboard.figures, name="dashboard-figures"),
    path("dashboard/history/", dashboard.history, name="dashboard-history"),
    path("dashboard/test/", self_test.send, name="dashboard-test"),
    path("dashboard/test/<str:wire_id>/", self_test.way, name="dashboard-test-way"),
    path("dashboard/drain/<str:process_id>/", dashboard.drain, name="dashboard-drain"),
    path("demo/", demo_page, name="demo"),
    path("diagnostics/", diagnostics_page, name="diagnostics"),
    path(places.API, api.make().urls),
]
without_transactions(urlpatterns)
