from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("room", ["theory", "synth", "verify", "figures", "tightrope"])
def test_a_room_is_the_one_beside_these_tests(room):
    """Plain names such as `theory` could belong to another distribution."""
    assert Path(import_module(room).__file__).parent == ROOT / room
