"""The inbox's pages and the API."""

from django.urls import path

from notifications import views
from notifications.api import api

app_name = "notifications"
urlpatterns = [
    path("inbox/", views.inbox_page, name="inbox"),
    path("inbox/actions/", views.inbox_action, name="inbox-action"),
    path("inbox/<str:wire_id>/", views.inbox_one, name="inbox-one"),
    path("api/v1/", api.urls),
]
