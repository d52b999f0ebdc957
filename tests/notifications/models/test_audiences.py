"""A kind of audience is one class; each edge offers what that says."""

import pytest
from django.contrib.auth.models import Group

from notifications.admin.forms import AudienceForm
from notifications.admin.key_form import ApiKeyForm
from notifications.api.schemas import AudienceIn
from notifications.management.commands.notify import Command
from notifications.models import Notification, audiences, sql
from notifications.models.audience import UnknownNames
from notifications.models.audiences import CHOSEN, KINDS

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


@every_kind
def test_each_edge_offers_it(kind):
    assert (kind.kind, kind.title) in AudienceForm().fields["kind"].choices
    assert (kind.kind in AudienceForm().fields) == (kind.kind in CHOSEN)
    options = Command().create_parser("manage.py", "notify").format_help()
    assert f"--{kind.option}" in options
    assert kind.kind in AudienceIn.model_fields
    assert len(kind.kind) <= Notification._meta.get_field("audience_kind").max_length


@every_kind
def test_an_api_key_can_be_allowed_to_send_to_it(kind):
    assert (kind.scope, kind.scope_title) in ApiKeyForm().fields["scopes"].choices


@every_kind
def test_edges_name_it_alike(kind, alice, bob):
    """By the form, the command and the API it is the same audience, as which it is stored."""
    Group.objects.create(name="staff").user_set.add(alice)
    row = "alice" if kind is audiences.ChosenUsers else "staff"
    by_name = kind.named([row])
    if kind.kind in CHOSEN:
        chosen = kind.rows().get(**{"username" if row == "alice" else "name": row})
        posted = getattr(chosen, kind.posted_as() or "pk")
        asked = AudienceIn.model_validate({kind.kind: [row]})
    else:
        posted, asked = "", AudienceIn.model_validate({kind.kind: True})
    form = AudienceForm({"kind": kind.kind, kind.kind: [posted]})
    assert form.is_valid(), form.errors
    stored = kind.restored(by_name.ids, by_name.label)
    expected = (kind, by_name.ids, by_name.label, set(by_name.recipients()))
    for one in (form.audience(), asked.found(), stored):
        assert (type(one), one.ids, one.label, set(one.recipients())) == expected


@pytest.mark.parametrize("kind", CHOSEN.values(), ids=CHOSEN)
def test_an_audience_of_rows_names_at_least_one(kind, db):
    form = AudienceForm({"kind": kind.kind})
    assert form.errors == {kind.kind: ["Choose at least one."]}
    with pytest.raises(ValueError, match="at least one"):
        kind.named([])
    with pytest.raises(UnknownNames, match="'nobody'"):
        kind.named(["nobody"])


@pytest.mark.parametrize("names", [["alice"], ["bob", "alice", "bob"], ["\uff41lice", "bob"]])
def test_names_are_found_alike_by_sql_that_is_made_once(alice, bob, monkeypatch, names):
    """Where the project's manager says who is there, the ORM is asked."""
    once = audiences.ChosenUsers.named(names)
    monkeypatch.setattr(sql, "is_plain", lambda _model: False)
    each_time = audiences.ChosenUsers.named(names)
    assert (once.ids, once.label) == (each_time.ids, each_time.label)
    with pytest.raises(UnknownNames, match="'nobody'"):
        audiences.ChosenUsers.named([*names, "nobody"])
