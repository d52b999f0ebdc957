"""The inbox's pages. The API has urls of its own (api.py)."""

from django.urls import path

from notifications.pages import views

app_name = "notifications"
urlpatterns = [
    path("inbox/", views.inbox_page, name="inbox"),
    path("inbox/actions/", views.inbox_action, name="inbox-action"),
    path("inbox/<str:wire_id>/", views.inbox_one, name="inbox-one"),
]
