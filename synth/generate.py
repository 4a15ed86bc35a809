"""From a spec and a seed to a task."""

from dataclasses import replace
from typing import Literal

from synth.families import family
from synth.seeds import stream
from synth.spec import TaskSpec
from synth.task import Task

Purpose = Literal["sample", "draw", "pilot", "test"]


def generate(spec: TaskSpec, seed: int, purpose: Purpose = "sample", draw: int = 0, n: int | None = None) -> Task:
    """The task of `spec` below `seed`; the same bytes for the same arguments.

    purpose  "sample": the task itself. "draw", "pilot", "test": fresh independent samples of its population,
             number `draw`, for the resample variance, for choosing a step before S is seen, for test points;
             they need a family of independent samples (ValueError otherwise).
    n        samples, if not spec.n
    """
    kind = family(spec.family)
    if purpose not in ("sample", "draw", "pilot", "test"):
        raise ValueError(f"purpose must be sample, draw, pilot or test; got {purpose!r}")
    if not kind.iid and purpose != "sample":
        raise ValueError(f"{purpose} needs independent samples; those of {spec.family} are not")
    if purpose == "sample" and draw:
        raise ValueError(f"there is one sample only; further ones are purpose='draw', got draw={draw}")
    population = stream(seed, spec.suite, spec.index, "population")
    path = (spec.suite, spec.index, purpose, draw)
    wanted = kind.complete(spec if n is None else replace(spec, n=n))
    sample = kind.sample(wanted, population, stream(seed, *path))
    return Task(
        sample.features,
        sample.labels,
        name=spec.name if purpose == "sample" else f"{spec.name}/{purpose}{draw}",
        family=spec.family,
        planted=sample.planted,
        seed_path=(seed, *path),
        class_count=spec.classes,
    )
