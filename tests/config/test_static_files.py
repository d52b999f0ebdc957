"""Files are sent whole, whatever range is asked for."""

import pytest

SCRIPT = "/static/notifications/define.js"


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=99999999-", "bytes=-1", "nonsense"])
def test_a_range_is_ignored(client, asked):
    whole = client.get(SCRIPT)
    part = client.get(SCRIPT, headers={"range": asked})
    assert part.status_code == whole.status_code == 200
    assert b"".join(part) == b"".join(whole) != b""
