"""Ledgers as plausible as numpy makes them: claims of every kind, invented measurements, the real judge and schema."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from verify.claims.claim import Claim, about, falls, rises
from verify.claims.effects import COLUMNS, effects_of
from verify.claims.judging import judge
from verify.claims.ledger import row_of
from verify.claims.power import Power

LEVELS = (16.0, 32.0, 64.0, 128.0)
STRATEGIES = ("longer", "smaller-step", "l2", "l2-sp", "mixout", "noise", "freeze", "mhloss", "mmr", "surt")
MEASURES = ("loo", "seed", "gap", "distance", "accuracy", "margin")
STEPS = (1, 2, 3, 5, 8, 13, 20, 32, 50, 80, 126, 199)

CLAIMS = (
    Claim(id="samples", text="More samples make a head more stable.", experiment="sample-size", measure="direction",
          effect="slope", why="separable-mean", expects=falls(-0.5)),
    Claim(id="samples-rate", text="The instability of the direction falls like 1/n.", experiment="sample-size",
          measure="direction", effect="slope", expects=about(-1.0, 0.2)),
    Claim(id="travel", text="The farther the weights travel, the less stable the network.", experiment="travel",
          measure="loo", effect="slope", expects=rises(0.5)),
    Claim(id="mmr-loo", text="MMR lowers the instability of a network to leaving one sample out.",
          experiment="strategies", measure="loo", effect="ratio", arm="mmr", expects=falls(-0.1)),
    Claim(id="mmr-gap", text="MMR drives the class means apart.", experiment="strategies", measure="gap", effect="ratio",
          arm="mmr", expects=rises(0.1)),
    Claim(id="linearised-bound", text="The linearised network stays below the bound.", experiment="linearised",
          measure="parameter", effect="ratio", arm="linearised", baseline="bound", expects=falls(-0.5)),
)  # fmt: skip


def invent(tasks: int = 12, seed: int = 0) -> pd.DataFrame:
    """The measurements of every experiment of CLAIMS, and of the figures of networks."""
    rng, rows = np.random.default_rng(seed), []

    def add(experiment: str, cell: tuple[str, str, str, float, bool], measure: str, value: float) -> None:
        rows.append((experiment, *cell, measure, 1, float(value)))

    for k in range(tasks):
        task, scale = f"{k:04d}-invented", float(np.exp(rng.normal(-2, 1)))
        regime, power = (("separable", -1.0), ("overlapping", -0.6))[k % 2]
        for n in LEVELS:
            for sham in (False, True):
                noise = np.exp(rng.normal(0, 0.2))
                add("sample-size", (task, regime, f"n = {n:g}", n, sham), "direction",
                    scale * noise * (1 if sham else n**power))  # fmt: skip
                level = scale * n * np.exp(rng.normal(0, 0.1))  # every task has its own
                add("travel", (task, "", f"shift {n:g}", level, sham), "loo", noise * (1 if sham else level))
        regime = ("gradient descent", "AdamW, minibatches")[k % 2]
        for m, measure in enumerate(MEASURES):
            for a, arm in enumerate(("plain", *STRATEGIES, "plain again")):
                size = (
                    0.0 if arm.startswith("plain") else np.sin(3 * a + 2 * m) * (0.02 if measure == "accuracy" else 0.7)
                )
                value = scale * np.exp(size + rng.normal(0, 0.1))
                add("strategies", (task, regime, arm, 1.0, False), measure, value)
        for arm, share in (
            ("linearised", 0.3),
            ("network", 0.6),
            ("bound", 1.0),
            ("linearised again", 0.3),
            ("bound again", 1),
        ):
            add("linearised", (task, "", arm, 1.0, False), "parameter", scale * share * np.exp(rng.normal(0, 0.3)))
        for s in STEPS:
            cell = (task, "", "network", float(s), False)
            add("decomposition", cell, "injected", scale / s * np.exp(rng.normal(0, 0.2)))
            add("decomposition", cell, "expansion", 1 + 0.02 * rng.normal())
            add("decomposition", cell, "instability", scale * s**0.5 * np.exp(rng.normal(0, 0.2)))
    return pd.DataFrame(rows, columns=["experiment", *COLUMNS]).astype({"experiment": "str", **COLUMNS})


def save(out: Path, measurements: pd.DataFrame, claims: Sequence[Claim] = CLAIMS) -> Path:
    """The directory of a ledger with these measurements, judged as the real one is."""
    out.mkdir(parents=True, exist_ok=True)
    rows, tables = [], []
    for claim in claims:
        effects = effects_of(claim, measurements[measurements["experiment"] == claim.experiment])
        rows.append(row_of(judge(claim, effects, claims=len(claims)), Power(detected=1.0, false_alarm=0.0)))
        tables.append(effects.assign(claim=claim.id))
    (out / "ledger.json").write_text(json.dumps(rows, ensure_ascii=False, allow_nan=False), encoding="utf-8")
    measurements.to_parquet(out / "measurements.parquet", index=False)
    pd.concat(tables, ignore_index=True).to_parquet(out / "effects.parquet", index=False)
    return out
