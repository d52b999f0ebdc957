"""What the second database leaves out is there on the first, under that name."""

import re
from pathlib import Path

import pytest

from tests.support.twins import ON_ANY_DATABASE, is_twin

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("place", ON_ANY_DATABASE)
def test_each_names_a_test(place):
    file, _, name = place.partition("[")[0].partition("::")
    text = (TESTS / file).read_text("utf-8")
    assert not name or re.search(rf"(?m)^def {name}\(", text)


def test_a_file_a_test_and_one_of_its_cases_can_be_named():
    lossy = "sockets/test_lossy_layer.py::test_everything_is_delivered_and_nobody_waits"
    assert is_twin(f"{lossy}[double]")
    assert not is_twin(f"{lossy}[drop]")
    assert is_twin("sockets/test_tokens.py::test_a_key_is_no_token[uvicorn]")
    assert is_twin("sockets/test_presence.py::test_ids_are_packed_and_come_back[ids0]")
    assert not is_twin("sockets/test_presence.py::test_who_has_a_stream_is_online")
