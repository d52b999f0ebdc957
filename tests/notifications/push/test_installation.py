"""Hints are believed where they were sealed by the same installation, and nowhere else."""

import shutil

import pytest
from django.db import connection

from notifications.models import Epoch
from notifications.push import installation

SECRET = "5e" * 32


def test_only_what_was_sealed_here_is_opened(settings):
    here = installation.at(SECRET, "/a 1 2")
    event = here.seal("kind", {"rows": [1]})
    assert here.opened(event) == {"rows": [1]}
    for changed in (
        {"type": "other"}, {"body": '[2]'}, {"body": 7}, {"seal": "0" * 64}, {"seal": None},
    ):  # fmt: skip
        assert here.opened(event | changed) is None
    for elsewhere in (installation.at(SECRET, "/b 1 2"), installation.at("00" * 32, "/a 1 2")):
        assert elsewhere.opened(event) is None
        assert elsewhere.group != here.group
    settings.NOTIFICATIONS_INSTALLATION = "staging"
    assert installation.at(SECRET, "/a 1 2").opened(event) is None


@pytest.mark.parametrize("event", [None, [], "x", {}, {"type": "a", "body": "\ud800", "seal": "x"}])
def test_what_is_no_event_of_ours_is_not_opened(event):
    assert installation.at(SECRET, "/a 1 2").opened(event) is None


def test_a_new_secret_key_still_opens_what_the_one_before_has_sealed(settings):
    before = installation.at(SECRET, "/a 1 2")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    after = installation.at(SECRET, "/a 1 2")
    assert after.opened(before.seal("kind", 1)) == 1
    assert before.opened(after.seal("kind", 1)) is None
    assert before.group == after.group


def test_no_name_of_a_group_is_too_long_for_channels():
    group = f"{installation.at(SECRET, '/a 1 2').group}.user.{2**63}"
    assert len(group) < 100
    assert group.replace(".", "").isalnum()


def test_a_copy_of_the_file_is_another_installation(tmp_path):
    original, copy = tmp_path / "original", tmp_path / "copy"
    original.write_text("x")
    shutil.copy(original, copy)
    assert installation.place_of_file(original) != installation.place_of_file(copy)
    place = installation.place_of_file(original)
    copy.replace(original)  # a restored one is another, under the same name
    assert installation.place_of_file(original) != place


def test_it_stays_until_a_new_epoch_begins(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        first = installation.here()
    assert installation.here() == first
    Epoch.renew(Epoch.objects.get().epoch_secret)
    assert installation.here() != first


def test_both_ways_to_read_it_agree(db):
    """The reconciler of SQLite looks by a connection of its own."""
    secret, place = installation.read()
    assert secret == Epoch.objects.get().epoch_secret
    if connection.vendor == "sqlite":
        assert place == installation.place_of_file(connection.settings_dict["NAME"])
