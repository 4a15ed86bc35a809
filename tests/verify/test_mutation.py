"""The trial of the trial: what is killed, what is not counted, and that it depends on the seed alone."""

from dataclasses import replace

import numpy as np
import pytest

from theory.bound import Bound
from theory.catalogue import BUILT_IN
from theory.mutants import mutants_of
from verify.mutation import hunt_mutants
from verify.worst_cases import tightest

pytestmark = pytest.mark.thorough

(MARGIN,) = [b for b in BUILT_IN if b.id == "class-mean-margin"]
CONVEX = [b for b in BUILT_IN if b.id == "convex-gd"]


def outcomes(bounds):
    return {(o.mutant.bound.quantity, o.mutant.name): o for o in hunt_mutants(0, bounds, workers=1, rounds=1)}


def test_false_variants_are_killed_by_name():
    found = outcomes([MARGIN])
    assert {o.status for o in found.values()} <= {"killed", "not-counted"}
    killed = [o for o in found.values() if o.status == "killed"]
    assert {"half", "cut"} <= {o.mutant.name for o in killed}
    assert all("measured/claimed = " in o.reason and "seed" in o.reason for o in killed)


def test_workers_do_not_matter():
    one = [(o.mutant.name, o.status, o.reason) for o in hunt_mutants(1, CONVEX[:1], workers=1, rounds=1)]
    two = [(o.mutant.name, o.status, o.reason) for o in hunt_mutants(1, CONVEX[:1], workers=2, rounds=1)]
    assert one == two


def test_a_variant_that_is_never_below_is_not_counted():
    loose = replace(MARGIN, formula=lambda c: 1e6 * MARGIN.formula(c))
    found = outcomes([loose])
    assert found["margin", "square"].status == "not-counted"
    assert (
        found["margin", "half"].status == "survived"
    )  # half of a millionfold bound is true: a survivor to be explained


def test_there_are_mutants_of_every_bound_and_they_change_it():
    mutants = mutants_of(BUILT_IN, tightest())
    assert {(m.bound.id, m.bound.quantity) for m in mutants} == {(b.id, b.quantity) for b in BUILT_IN}
    assert len({(m.bound.id, m.bound.quantity, m.name) for m in mutants}) == len(mutants)
    for m in mutants:
        assert m.false.id == f"{m.bound.id}~{m.name}"
        assert m.false.quantity == m.bound.quantity
        assert m.false.formula is not m.bound.formula or m.false.assumptions != m.bound.assumptions


@pytest.mark.parametrize(("name", "factor"), [("half", 0.5), ("square", None), ("root", None)])
def test_a_slip_does_what_it_says(name, factor):
    from theory.example import EXAMPLE

    bound = Bound(id="x", title="x", quantity="margin", statement="x", reference="x", formula=lambda c: 9.0)
    (mutant,) = [m for m in mutants_of([bound], {}) if m.name == name]
    wanted = {"half": 4.5, "square": 81.0, "root": 3.0}[name]
    assert float(np.asarray(mutant.false.value(EXAMPLE))) == wanted
    assert factor is None or wanted == factor * 9
