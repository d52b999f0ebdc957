"""Mounts the apps' urls."""

from django.contrib import admin
from django.urls import include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from config import error_pages, offline, outages
from notifications.identity.site import Identity


def _icon(_path: str = "") -> str:
    return Identity().icon


icon_lazy = lazy(_icon, str)

handler400 = error_pages.bad_request
handler403 = error_pages.permission_denied
handler404 = error_pages.page_not_found
handler500 = outages.server_error

urlpatterns = [
    # Asked for by browsers wherever a page, as Django's admin, names no icon.
    path("favicon.ico", RedirectView.as_view(url=icon_lazy(""))),
    path("", RedirectView.as_view(pattern_name="notifications:inbox")),
    # Where it lies says of what it is the worker: of all that is below.
    path("worker.js", offline.worker, name="offline-worker"),
    path("offline/", offline.page, name="offline"),
    path("accounts/", include("accounts.urls")),
    path("admin/", admin.site.urls),
    path("", include("notifications.urls")),
]
