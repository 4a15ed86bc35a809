"""The hunting ground: every spec on it can be drawn and tuned, and nothing depends on who chooses."""

import numpy as np
import pytest

from synth.families import BUILT_IN
from synth.generate import generate
from synth.hunting import PARAMETERS, AtRandom, hunted
from verify.plan import tuning_of


class First:
    """Always the first option and the smallest number: the simplest case."""

    def one_of(self, options):
        return options[0]

    def whole(self, low, high):
        return low


@pytest.mark.parametrize("chance", ["", "draws", "starts"])
def test_every_spec_is_drawn_and_tuned(chance):
    families = set()
    for k in range(300):
        spec = hunted(AtRandom(np.random.default_rng(k)), chance=chance)
        task = generate(spec, k)
        tuning = tuning_of(spec, k, task, "cpu", "float64")
        families.add(spec.family)
        assert (task.samples, task.dimension) == (spec.n, spec.d)
        assert (spec.draws > 0) == (chance == "draws")
        assert chance != "starts" or tuning.init_scale > 0
        assert chance != "draws" or BUILT_IN[spec.family].iid
    assert families == {name for name, kind in BUILT_IN.items() if kind.iid or chance != "draws"}


def test_the_simplest_is_simple():
    spec = hunted(First())
    assert (spec.family, spec.n, spec.d, spec.tuning["steps"]) == ("lattice", 2, 1, 1)


def test_the_same_choices_give_the_same_spec():
    first, again = (hunted(AtRandom(np.random.default_rng(3))) for _ in range(2))
    assert first == again


def test_every_parameter_of_every_family_has_its_options_in_range():
    for family in BUILT_IN.values():
        for name, (_, low, high) in family.parameters.items():
            assert all(low <= value <= high for value in PARAMETERS[name])
