"""The app's urls, and nothing else."""

from django.urls import URLResolver, include, path

urlpatterns: list[URLResolver] = [path("", include("notifications.urls"))]
