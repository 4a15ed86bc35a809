"""From measurements to one number a task: how strongly the measure follows the factor that was varied."""

import numpy as np
import pandas as pd

from verify.claims.claim import Claim

COLUMNS = {
    "task": "str",  # independent of every other task; its arms are paired
    "regime": "str",
    "arm": "str",
    "level": "float64",  # of the factor
    "sham": "bool",  # the factor was not varied: the control
    "measure": "str",
    "seeds": "int64",  # draws or starts behind the value
    "value": "float64",
}


def effects_of(claim: Claim, rows: pd.DataFrame) -> pd.DataFrame:
    """Columns task, regime, sham, effect: one row for each task of each regime, and as many of the control.

    rows  measurements of the claim's experiment, with COLUMNS

    A value that is not positive and finite has no logarithm, and the effect of its task is NaN: counted, not dropped.
    """
    own = rows[rows["measure"] == claim.measure]
    with np.errstate(divide="ignore", invalid="ignore"):
        own = own.assign(log=np.log(own["value"].where(own["value"] > 0)), x=np.log(own["level"]))
    found = _slopes(own) if claim.effect == "slope" else _ratios(own, claim)
    return found.sort_values(["sham", "regime", "task"], kind="stable", ignore_index=True)


def _slopes(rows: pd.DataFrame) -> pd.DataFrame:
    """The least-squares slope of each task."""
    found = []
    for (task, regime, sham), own in rows.groupby(["task", "regime", "sham"], sort=False):
        x = own["x"].to_numpy() - own["x"].mean()
        size = float(x @ x)
        slope = float(x @ own["log"].to_numpy()) / size if size > 0 else np.nan
        found.append((task, regime, sham, slope if np.isfinite(slope) else np.nan))
    return pd.DataFrame(found, columns=["task", "regime", "sham", "effect"])


def _ratios(rows: pd.DataFrame, claim: Claim) -> pd.DataFrame:
    """The arm of the claim over its baseline; in the control, the sham arm over the same baseline."""
    keys = ["task", "regime"]
    base = rows[rows["arm"] == claim.baseline].set_index(keys)["log"]
    found = []
    for sham, arm in ((False, claim.arm), (True, f"{claim.baseline} again")):
        own = rows[rows["arm"] == arm].set_index(keys)["log"]
        effect = (own - base.reindex(own.index)).rename("effect").reset_index()
        found.append(effect.assign(sham=sham))
    return pd.concat(found, ignore_index=True)[["task", "regime", "sham", "effect"]]
