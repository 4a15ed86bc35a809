"""Every exercise waits for an answer, takes the right one, and refuses others."""

import pytest
from playing import NAMES
from solutions import ANSWERS


@pytest.mark.parametrize("name", NAMES)
def test_exercises_can_be_solved(name, played):
    found = played(name)
    assert 2 <= len(ANSWERS[name]) == len(found["exercises"]) <= 4
    for number, attempts in enumerate(found["tried"], 1):
        assert found["untouched"][number - 1] == f"Exercise {number}: not yet\n"
        *wrong, right = (printed.splitlines()[-1] for printed in attempts)
        assert right == f"Exercise {number}: right"
        assert wrong and set(wrong) == {f"Exercise {number}: no, try again"}


@pytest.mark.parametrize("name", NAMES)
def test_exercises_start_without_an_answer(name, played):
    for source in played(name)["exercises"]:
        assert " = None  # " in source and "\n" not in source
