"""Mounts the apps' urls."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from accounts import api as tokens
from accounts.authentication import ApiKeyAuth, SessionAuth, TokenAuth, TokenMakerAuth
from notifications import api
from notifications.schemas import ProblemOut

# Who may call what. In this order: a bearer beats a cookie.
_api = api.make(
    inbox_auth=[TokenAuth(), SessionAuth()],
    sending_auth=[ApiKeyAuth()],
    others={"/tokens": (tokens.make_router(ProblemOut), [TokenMakerAuth(), SessionAuth()])},
)

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="notifications:inbox")),
    path("accounts/", include("accounts.urls")),
    path("admin/", admin.site.urls),
    path("", include("notifications.urls")),
    path("api/v1/", _api.urls),
]
