"""Headers that protect every page, errors included."""

import pytest


@pytest.mark.parametrize(
    "path",
    ["/accounts/login/", "/inbox/", "/admin/login/", "/nothing", "/api/v1/session", "/static/x"],
)
def test_every_answer_carries_the_policy(path, client, db):
    answer = client.get(path)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
