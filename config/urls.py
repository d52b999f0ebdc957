"""Mounts the apps' urls."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from accounts import api as tokens
from accounts.authentication import ApiKeyAuth, SessionAuth, TokenAuth, TokenMakerAuth
from config import error_pages, outages
from notifications import api
from notifications.api.schemas import ProblemOut

static_lazy = lazy(static, str)

# Who may call what. In this order: a bearer beats a cookie.
_api = api.make(
    inbox_auth=[TokenAuth(), SessionAuth()],
    sending_auth=[ApiKeyAuth()],
    others={"/tokens": (tokens.make_router(ProblemOut), [TokenMakerAuth(), SessionAuth()])},
)

handler400 = error_pages.bad_request
handler403 = error_pages.permission_denied
handler404 = error_pages.page_not_found
handler500 = outages.server_error

urlpatterns = [
    # Asked for by browsers wherever a page, as Django's admin, names no icon.
    path("favicon.ico", RedirectView.as_view(url=static_lazy("notifications/icon.svg"))),
    path("", RedirectView.as_view(pattern_name="notifications:inbox")),
    path("accounts/", include("accounts.urls")),
    path("admin/", admin.site.urls),
    path("", include("notifications.urls")),
    path("api/v1/", _api.urls),
]
