"""The inbox's pages and the API, for a project to include where it likes."""

from django.urls import path

from notifications import api
from notifications.pages import views
from notifications.wire import places

app_name = "notifications"
urlpatterns = [
    path("inbox/", views.inbox_page, name="inbox"),
    path("inbox/actions/", views.inbox_action, name="inbox-action"),
    path("inbox/<str:wire_id>/", views.inbox_one, name="inbox-one"),
    path(places.API, api.make().urls),
]
