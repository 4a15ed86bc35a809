"""A table of a long run as plausible as formulas make it: nothing is run."""

import numpy as np
import pandas as pd

LOOKS = np.geomspace(np.log(100), 1000, 40)
COLUMNS = ["task", "kind", "n", "d", "margin", "log_steps", "quantity", "name", "value"]


def invent(typical: int = 40, degenerate: int = 3, seed: int = 0) -> pd.DataFrame:
    """So many tasks of either kind; every fourth typical task has no gd-residual."""
    rng, rows, s = np.random.default_rng(seed), [], LOOKS

    def add(task: dict[str, object], quantity: str, name: str, values) -> None:
        values = np.broadcast_to(np.asarray(values, np.float64), s.shape)
        rows.extend(
            {**task, "log_steps": at, "quantity": quantity, "name": name, "value": value}
            for at, value in zip(s, values, strict=True)
        )

    for k in range(typical + degenerate):
        task = {
            "task": f"{k:04d}-{'long' if k < typical else 'degenerate'}",
            "kind": "typical" if k < typical else "degenerate",
            "n": int(rng.integers(16, 65)),
            "d": int(rng.integers(4, 33)),
            "margin": float(np.exp(rng.uniform(np.log(0.02), np.log(0.4)))),
        }
        n, gamma, constant, early = task["n"], task["margin"], np.exp(rng.normal(0.6, 0.6)), rng.uniform(0.3, 0.9)
        late = 1 + rng.normal(0, 0.25) / (1 + (s / rng.uniform(8, 60)) ** 2)  # a margin point that comes late
        if k >= typical:
            add(task, "margin-direction", "measured", 2 * np.sin(0.5 * np.arctan(np.log(s) / (s + rng.uniform(0, 3)))))
            add(task, "margin-direction", "margin-certificate", np.sqrt(1.2 * np.log(s) / s))
            continue
        error = late * constant / np.hypot(s, constant / early)
        needed = 2 * np.log(n) + 4 * np.log(1 / gamma) + 6
        add(task, "margin-direction", "measured", error)
        if k % 4 != 3:
            add(task, "margin-direction", "gd-residual", error * (1 + 30 / gamma * np.exp(-s / 4)))
        known = needed / np.maximum(s - needed, 1e-9)
        add(task, "margin-direction", "gd-margin-rate", np.where(known < 1, np.sqrt(2 * known), 2.0))
        add(task, "margin-direction", "gd-margin-observed", np.minimum(np.sqrt(2 * (constant + 2) / s), 2.0))
        add(task, "margin-direction", "margin-certificate", np.minimum(np.sqrt((constant + 0.5) / s), 2.0))

        limit = float(np.exp(rng.normal(-2.2, 0.4)))
        mean = limit * (1 - 0.6 * np.exp(-s / 60))
        zero_start = 4 / (gamma * n)
        add(task, "direction.mean", "measured", mean)
        add(task, "direction.mean", "two-runs", mean * (1.15 + 0.1 * np.log(s)))
        one_run = mean * (1.5 + 0.9 * np.log(s))
        add(task, "direction.mean", "one-run", np.where(k % 5 == 4, one_run * np.sqrt(s), one_run))
        add(task, "direction.mean", "separable-direction", np.where(s < 20, np.inf, zero_start / (1 - 8 / s.clip(20))))
        add(task, "direction.mean", "separable-zero-start", 0.75 * zero_start if zero_start < 3 else np.inf)
        add(task, "direction.mean", "separable-mean", zero_start)
        add(task, "direction.mean", "maximum-margin limit", limit)
        add(task, "direction.mean", "svm-leave-one-out", 1.3 * limit)
    return pd.DataFrame(rows, columns=COLUMNS)
