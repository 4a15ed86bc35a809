"""Runs as plausible as numpy makes them: specs of a real suite, invented measurements, the real schema."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from figures.outcomes import claims
from synth.families import BUILT_IN
from synth.suites import suite
from theory.quantities import QUANTITIES
from verify.tables import MEASUREMENTS, RECORDS, TASKS

USERS = ("my<bound>", "direction.mean")


def _frame(rows: list[dict[str, object]], columns: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


def invent(name: str, tasks: int | None, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Records, measurements and tasks for the specs of a suite; nothing is fitted."""
    rng = np.random.default_rng(seed)
    empty = _frame([], RECORDS)
    records, measurements, facts = [], [], []
    for spec in suite(name, tasks).specs:
        n, tuning = spec.n, spec.tuning
        task = {"task": spec.name, "family": spec.family, "n": n, "d": spec.d, "classes": spec.classes}
        family = BUILT_IN[spec.family]
        separable = family.separable if family.separable is not None else bool(spec.d > n or rng.random() < 0.3)
        above = tuning["step_factor"] > 2
        angular = float(np.exp(rng.uniform(np.log(0.02), np.log(0.6)))) if separable else 0.0
        l2, steps = float(tuning["l2"]), int(tuning["steps"])
        facts.append(
            {
                **task,
                "index": spec.index,
                **{k: tuning[k] for k in ("loss", "deletion", "order", "l2", "init_scale")},
                "steps": steps,
                "step_size": 1.0,
                "smoothness": 0.25,
                "radius": spec.params["radius"],
                "separable": "yes" if separable else "no",
                "margin_low": angular / 2,
                "margin_high": angular / 2 or 0.01,
                "angular_low": angular,
                "angular_high": angular * (1 + 1e-9) or 0.01,
                "support_vectors": min(n, spec.d) if separable else -1,
                "replicas": n,
                "ok": 0 if above else n + 1,
                "above_rule": n + 1 if above else 0,
                "diverged": 0,
                "non_finite": 0,
                "draws": spec.draws,
                "content_hash": f"{spec.index:064x}",
                "seed_path": f"0/{spec.index}",
            }
        )

        def measure(quantity: str, step: int, value: float, *, spread: float = 0.0, draws: int = 1, task=task) -> None:
            low, high = max(0.0, value * (1 - spread)), value * (1 + spread)
            row = {
                "quantity": quantity,
                "step": step,
                "value": value,
                "low": low,
                "high": high,
                "draws": draws,
            }
            measurements.append({**task, **row})

        scale = np.exp(rng.normal(0, 0.4)) / n * (angular**-0.6 if separable else spec.d**0.5)
        for step in sorted({*(2**k for k in range(13) if 2**k <= steps), steps}):
            growth = 1.0 if separable or l2 else step**0.1
            direction = min(1.9, 0.3 * scale * growth)
            measure("direction.mean", step, direction)
            measure("direction.max", step, min(2.0, 4 * direction))
            measure("parameter.mean", step, direction * step**0.4)
            measure("parameter.max", step, direction * 4 * step**0.4)
            measure("certificate-direction.mean", step, min(2.0, direction * (1.1 + 0.1 * np.log(step))))
            measure("certificate-parameter.mean", step, direction * step**0.4 * (1.1 + 0.1 * np.log(step)))
        if spec.draws:
            total = float(np.exp(rng.normal(-1, 1.2))) * (0.5 + spec.d / n)
            variance = min(0.95, total * rng.uniform(0.2, 0.7))
            measure("resample-variance", steps, variance, spread=0.5, draws=spec.draws)
            measure("accuracy-variance", steps, variance / 40, spread=0.5, draws=spec.draws)
            measure("efron-stein-certified", steps, total, spread=0.3, draws=spec.draws)
            measure("efron-stein-measured", steps, total * 0.8, spread=0.6, draws=4)

        for bound, quantity in [*claims(empty), USERS]:
            wrong = (
                (("separable" in bound or "margin" in bound or "svm" in bound) and not separable)
                or ((bound in ("regularised-erm", "strongly-convex-gd")) != bool(l2) and bound not in _ANYWHERE)
                or (bound == "efron-stein" and not spec.draws)
                or (above and bound in ("one-run", "separable-mean", "convex-gd"))
            )
            ratio = float(rng.beta(4, 2) * 10 ** -rng.exponential(0.5)) * (1.6 if bound == USERS[0] else 1)
            value = float(np.exp(rng.normal(-1, 2)))
            verdict = "INAPPLICABLE" if wrong else "VIOLATED" if ratio > 1 else "HOLDS"
            verdict = "INCONCLUSIVE" if verdict == "HOLDS" and rng.random() < 0.02 else verdict
            verdict = "SOLVER_FAILED" if verdict == "HOLDS" and rng.random() < 0.01 else verdict
            if bound == "efron-stein" and not wrong:
                value, ratio, verdict = total, variance / total, "HOLDS"
            shown = verdict in ("HOLDS", "VIOLATED", "INCONCLUSIVE")
            records.append(
                {
                    **task,
                    "tuning": "default",
                    "bound": bound,
                    "quantity": quantity,
                    "kind": "expectation" if bound == "efron-stein" else "sure",
                    "proven": bound != USERS[0],
                    "value": value if shown else np.nan,
                    "measured": value * ratio,
                    "low": value * ratio,
                    "high": value * ratio,
                    "ratio": ratio if shown else np.nan,
                    "verdict": verdict,
                    "vacuous": bool(shown and value >= QUANTITIES[quantity].largest),
                    "sample": int(rng.integers(n)) if quantity.endswith(".each") else -1,
                    "reasons": "separable: slack −0.1; the data are not separable" if wrong else "",
                }
            )
    return _frame(records, RECORDS), _frame(measurements, MEASUREMENTS), _frame(facts, TASKS)


_ANYWHERE = {
    "one-run",
    "separable-mean",
    "svm-leave-one-out",
    "svm-margin-ratio",
    "margin-certificate",
    "convex-gd",
    "efron-stein",
    USERS[0],
}


def save(run_dir: Path, records: pd.DataFrame, measurements: pd.DataFrame, tasks: pd.DataFrame) -> Path:
    """A run directory with these tables."""
    run_dir.mkdir(parents=True, exist_ok=True)
    records.to_parquet(run_dir / "records.parquet")
    measurements.to_parquet(run_dir / "measurements.parquet")
    tasks.to_parquet(run_dir / "tasks.parquet")
    manifest = {
        "suite": "<paper>",
        "seed": 0,
        "tasks": len(tasks),
        "versions": {"numpy": "2.4.6", "torch": "2.13.0"},
        "device": "cpu",
        "dtype": "float64",
        "hash": "ab" * 32,
        "seconds": 61.5,
        "configuration": {"tasks": None},
    }
    (run_dir / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return run_dir


def _outside(tables: tuple[pd.DataFrame, ...]) -> tuple[pd.DataFrame, ...]:
    """The same tasks, none of which meets any assumption."""
    records, measurements, tasks = tables
    records = records.assign(verdict="INAPPLICABLE", value=np.nan, ratio=np.nan, vacuous=False)
    return records, measurements, tasks.assign(separable="no", ok=0, above_rule=tasks["n"] + 1)


RUNS: dict[str, Callable[[], tuple[pd.DataFrame, ...]]] = {
    "big": lambda: invent("paper", 500),
    "tiny": lambda: invent("smoke", 12),
    "single": lambda: invent("smoke", 1),
    "outside": lambda: _outside(invent("smoke", 12)),
    "empty": lambda: (_frame([], RECORDS), _frame([], MEASUREMENTS), _frame([], TASKS)),
}
