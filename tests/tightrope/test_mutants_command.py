"""`tightrope bounds --mutants`: what it prints of a hunt, and that the seed alone decides it."""

from functools import partial

import pytest
from calling import invoke, strict

from theory.catalogue import BUILT_IN
from theory.mutants import mutants_of
from verify.mutation import Outcome, hunt_mutants
from verify.worst_cases import tightest

KEYS = ["bound", "quantity", "mutant", "about", "status", "reason"]
MARGIN = "class-mean-margin"


@pytest.fixture
def hunted(monkeypatch):
    """Stands in for the hunt, which takes long: one survivor, one not counted, all others killed. Holds what it was told."""
    told = []

    def hunt(seed, bounds, *, progress):
        told.append((seed, [bound.id for bound in bounds]))
        mutants = mutants_of(bounds, tightest())
        progress(len(mutants) - 2, len(mutants) - 1)
        statuses = ["survived", "not-counted", *["killed"] * (len(mutants) - 2)]
        return [Outcome(mutant=m, status=s, reason=f"why {m.name} {s}") for m, s in zip(mutants, statuses, strict=True)]

    monkeypatch.setattr("tightrope.mutants.hunt_mutants", hunt)
    return told


@pytest.mark.thorough
def test_json_of_a_hunt_twice(monkeypatch):
    monkeypatch.setattr(
        "tightrope.mutants.hunt_mutants", partial(hunt_mutants, workers=1)
    )  # spares the start of workers
    command = ("bounds", MARGIN, "--mutants", "--seed", 3, "--json")
    first = invoke(*command).stdout
    assert invoke(*command).stdout == first
    rows = strict(first)
    assert [(row["bound"], row["mutant"]) for row in rows] == [
        (m.bound.id, m.name) for m in mutants_of([b for b in BUILT_IN if b.id == MARGIN], tightest())
    ]
    for row in rows:
        assert list(row) == KEYS
        assert row["status"] in ("killed", "survived", "not-counted")
        assert row["about"] and row["reason"] and "\n" not in row["reason"]
        assert row["status"] != "killed" or "(seed 3): measured/claimed = " in row["reason"]
    assert "killed" in {row["status"] for row in rows}


def test_the_table_names_what_was_not_killed_with_its_reason(hunted):
    rows = strict(invoke("bounds", "convex-gd", "--mutants", "--json").stdout)
    lines = invoke("bounds", "convex-gd", "--mutants", "--seed", 7).stdout.splitlines()
    assert hunted == [(0, ["convex-gd"] * 2), (7, ["convex-gd"] * 2)]
    assert "seed 7" in "".join(lines[:3])
    named = [line for line in lines if line.startswith(("survived: ", "not-counted: "))]
    assert named == [
        f"{row['status']}: {row['bound']}, {row['quantity']}: {row['mutant']} ({row['about']}): {row['reason']}"
        for row in rows
        if row["status"] != "killed"
    ]
    assert len(named) == 2
    assert lines[-1] == f"{len(rows) - 2} of {len(rows) - 1} counted mutants killed, 1 not counted"


def test_without_an_id_all_are_hunted(hunted):
    text = invoke("bounds", "--mutants").stdout
    assert hunted == [(0, [bound.id for bound in BUILT_IN])]
    assert all(bound.id in text and bound.quantity in text for bound in BUILT_IN)


def test_an_id_that_is_not_there_is_refused_before_the_hunt(hunted):
    for more in ((), ("--json",)):
        result = invoke("bounds", "nope", "--mutants", *more, status=2)
        assert result.stdout == ""
        assert result.stderr.startswith("error: bound nope: no such bound; known are one-run, ")
        assert result.stderr.count("\n") == 1
    assert hunted == []
