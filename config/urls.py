"""Mounts the apps' urls."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from notifications.api import api

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="notifications:inbox")),
    path("accounts/", include("accounts.urls")),
    path("admin/", admin.site.urls),
    path("", include("notifications.urls")),
    path("api/v1/", api.urls),
]
