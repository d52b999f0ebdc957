from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from notifications.credentials import keys
from notifications.models import ApiKey


def test_a_key_is_256_bits_and_only_its_hash_is_stored(api_key, capsys):
    row, key = api_key("send:user")
    assert key.startswith(f"{row.prefix}_")
    assert len(key.removeprefix(f"{row.prefix}_")) == 43
    call_command("dumpdata")
    dump = capsys.readouterr().out
    assert row.key_hash in dump
    assert key not in dump
    assert key.removeprefix(f"{row.prefix}_") not in dump


def test_a_key_is_found_by_all_of_it_alone(api_key):
    row, key = api_key("send:user")
    other, _ = api_key("send:user")
    assert keys.find(key) == row
    last = "A" if key[-1] != "A" else "B"
    for wrong in (
        key[:-1],
        f"{key}A",
        f"{key[:-1]}{last}",
        row.prefix,
        f"{other.prefix}_{key.partition('_')[2].partition('_')[2]}",
        "",
        "nk_",
        key.upper(),
        f" {key}",
        f"{key}\n",
        "nk_é",
        "\0",
        "\ud800",
    ):
        assert keys.find(wrong) is None, wrong


@pytest.mark.parametrize(
    "change",
    [
        {"revoked_at": timezone.now()},
        {"expires_at": timezone.now() - timedelta(seconds=1)},
    ],
    ids=["revoked", "expired"],
)
def test_a_key_that_is_over_is_not_found(api_key, change):
    _, key = api_key("send:user")
    ApiKey.objects.update(**change)
    assert keys.find(key) is None


def test_revoking_is_for_good_and_counts_once(api_key):
    row, key = api_key("send:user")
    assert keys.revoke(ApiKey.objects.all()) == 1
    row.refresh_from_db()
    assert keys.revoke(ApiKey.objects.all()) == 0
    assert ApiKey.objects.get().revoked_at == row.revoked_at
    assert keys.find(key) is None


def test_its_use_is_written_down_once_a_minute(api_key, django_assert_num_queries):
    row, _ = api_key("send:user")
    keys.note_use(row)
    row.refresh_from_db()
    first = row.last_used_at
    assert first is not None
    with django_assert_num_queries(0):
        keys.note_use(row)
    ApiKey.objects.update(last_used_at=first - timedelta(minutes=2))
    row.refresh_from_db()
    keys.note_use(row)
    row.refresh_from_db()
    assert row.last_used_at >= first
