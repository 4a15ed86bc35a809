"""The hunt for the largest measured/bound of every claim: tasks at random, then variations on the best of each.

`python -m verify.worst_hunt [SEED [ROUNDS [CLIMBS]]]` goes on from worst_cases.json and writes it again.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import joblib
import numpy as np

from synth.families import family
from synth.hunting import L2, STEP_FACTORS, STEPS, AtRandom, Chance, hunted
from synth.seeds import stream
from synth.spec import TUNING, BadSuite, TaskSpec
from theory.catalogue import BUILT_IN
from verify.work import work_on
from verify.worst_cases import FILE, Found, Key, worst_cases

CHUNK = 50
LONGEST = 2000  # steps
SMALLEST = 1e-9  # a ratio of smaller values tells of rounding, not of a theorem


# gd-margin-rate says something only after many steps, and on wide margins: beyond the hunting ground
LONG_RUN = TaskSpec(
    "long-planted-sphere-n2-d2", "hunted", 0, "planted-sphere", 2, 2,
    params={"margin_ratio": 0.7, "radius": 1.0, "spread": 0.5}, tuning={**TUNING, "steps": 20_000},
)  # fmt: skip


def hunt(seed: int, rounds: int, *, climbs: int) -> dict[Key, Found]:
    """`rounds` chunks of specs at random, then `climbs` rounds of variations on the best of each claim."""
    best: dict[Key, Found] = {}
    known = [(TaskSpec.from_dict(found["spec"]), found["seed"]) for found in worst_cases().values()]
    known += [(replace(LONG_RUN, index=index), seed) for index in range(8)]
    with joblib.Parallel(n_jobs=-1, return_as="generator") as parallel:
        _keep(best, parallel(joblib.delayed(_look)([spec], own) for spec, own in known))
        jobs = [(k, _random(seed, k)) for k in range(rounds)]
        _keep(best, parallel(joblib.delayed(_look)(specs, seed + k) for k, specs in jobs))
        for climb in range(climbs):
            now = [best[b.id, b.quantity] for b in BUILT_IN if (b.id, b.quantity) in best]
            own = stream(seed, "climb", climb)
            specs = [varied(TaskSpec.from_dict(found["spec"]), own) for found in now for _ in range(12)]
            chunks = [specs[first : first + CHUNK] for first in range(0, len(specs), CHUNK)]
            _keep(best, parallel(joblib.delayed(_look)(chunk, seed + climb) for chunk in chunks))
            same = [(TaskSpec.from_dict(found["spec"]), found["seed"]) for found in now]
            nudged = [(varied(spec, own, fresh=False), kept) for spec, kept in same for _ in range(4)]
            _keep(best, parallel(joblib.delayed(_look)([spec], kept) for spec, kept in nudged))
    return best


def _random(seed: int, k: int) -> list[TaskSpec]:
    choice = AtRandom(stream(seed, "hunt", k))
    chance: Chance = "draws" if k % 10 == 0 else "starts" if k % 10 == 5 else ""
    return [replace(hunted(choice, chance=chance), index=j) for j in range(CHUNK)]


def varied(spec: TaskSpec, rng: np.random.Generator, *, fresh: bool = True) -> TaskSpec:
    """The spec with one or two of its choices changed a little, and new numbers unless they are to be kept."""
    tuning, params = cast(dict[str, Any], dict(spec.tuning)), dict(spec.params)
    for _ in range(1 + int(rng.integers(2))):
        match int(rng.integers(7)):
            case 0:
                spec = replace(spec, n=max(2, spec.n + int(rng.choice([-1, 1]))))
            case 1:
                spec = replace(spec, d=max(spec.classes - 1, spec.d + int(rng.choice([-1, 1]))))
            case 2:
                tuning["steps"] = int(rng.choice([*STEPS, max(1, tuning["steps"] // 2), 2 * tuning["steps"]]))
                tuning["steps"] = min(tuning["steps"], LONGEST)
            case 3:
                if "step_factor" in tuning:
                    tuning["step_factor"] = float(rng.choice([*STEP_FACTORS, _near(tuning["step_factor"], rng)]))
            case 4:
                tuning["l2"] = float(rng.choice([*L2, *(_near(tuning["l2"], rng) for _ in range(6))]))
            case 5:
                tuning["init_scale"] = float(
                    rng.choice([0.0, 1.0, *(_near(tuning["init_scale"], rng) for _ in range(4))])
                )
                tuning["heads"] = tuning["heads"] if tuning["init_scale"] else 1
            case 6 if params:
                name = str(rng.choice(sorted(params)))
                params[name] = params[name] if name == "height" else _near(params[name], rng)
    if tuning.get("order") == "shuffled":
        tuning["batch_size"] = min(int(tuning["batch_size"]), spec.n)
    index = int(rng.integers(2**31)) if fresh else spec.index
    return replace(spec, index=index, tuning=tuning, params=params)


def _near(value: float, rng: np.random.Generator) -> float:
    """The value times a factor, mostly between a half and two."""
    return float(value * np.exp(0.4 * rng.standard_normal()))


def drawable(spec: TaskSpec) -> bool:
    """Whether the family takes it: a variation may leave the range of a parameter."""
    try:
        family(spec.family).complete(spec)
    except BadSuite:
        return False
    return True


def _look(specs: Sequence[TaskSpec], seed: int) -> dict[Key, Found]:
    """The best of these specs for each claim; in a worker."""
    best: dict[Key, Found] = {}
    specs = [spec for spec in specs if drawable(spec)]
    rows = work_on(specs, seed, "cpu", "float64", BUILT_IN)["records"]
    for k, row in enumerate(rows):
        spec = specs[k // len(BUILT_IN)]
        if row["verdict"] not in ("HOLDS", "VIOLATED") or row["vacuous"] or row["value"] < SMALLEST:
            continue
        found = {"bound": row["bound"], "quantity": row["quantity"], "ratio": row["ratio"], "value": row["value"],
                 "measured": row["measured"], "task": spec.name, "seed": seed, "spec": spec.to_dict()}  # fmt: skip
        _keep(best, [{(row["bound"], row["quantity"]): found}])
    return best


def _keep(best: dict[Key, Found], more: Iterable[dict[Key, Found]]) -> None:
    for found in more:
        for key, case in found.items():
            if key not in best or case["ratio"] > best[key]["ratio"]:
                best[key] = case


def _write(best: Mapping[Key, Found]) -> None:
    known = [best[b.id, b.quantity] for b in BUILT_IN if (b.id, b.quantity) in best]
    FILE.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    seed, rounds, climbs = (int(argument) for argument in (*sys.argv[1:], *("0", "60", "10")[len(sys.argv) - 1 :]))
    _write(hunt(seed, rounds, climbs=climbs))
