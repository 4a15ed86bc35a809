"""What became of each claim: six outcomes, counted apart, and one line of numbers a claim.

A claim is a (bound, quantity). A verdict HOLDS whose bound is at the trivial maximum counts as vacuous.
"""

import numpy as np
import pandas as pd

from theory.catalogue import BUILT_IN

OUTCOMES = ("holds", "vacuous", "inconclusive", "inapplicable", "failed", "violated")
COMPARED = ("holds", "vacuous", "inconclusive", "violated")  # the bound applies and has a value
_NAMES = {"SOLVER_FAILED": "failed"}

Claim = tuple[str, str]


def outcome(records: pd.DataFrame) -> pd.Series:
    """One of OUTCOMES for every record."""
    plain = records["verdict"].map(lambda verdict: _NAMES.get(verdict, verdict.lower())).astype(str)
    return plain.mask((plain == "holds") & records["vacuous"].astype(bool), "vacuous").rename("outcome")


def claims(records: pd.DataFrame) -> list[Claim]:
    """Every claim: ours in the order of the catalogue, then what else the records hold."""
    ours = [(bound.id, bound.quantity) for bound in BUILT_IN]
    found = set(zip(records["bound"], records["quantity"], strict=True))
    return ours + sorted(found - set(ours))


def name(claim: Claim) -> str:
    """The claim in one line."""
    return f"{claim[0]} · {claim[1]}"


def compared(records: pd.DataFrame) -> pd.DataFrame:
    """The records with a ratio: the bound applies, and both sides are numbers. Adds `outcome`."""
    rows = records.assign(outcome=outcome(records))
    return rows[rows["outcome"].isin(COMPARED) & rows["ratio"].notna()]


def summary(records: pd.DataFrame) -> pd.DataFrame:
    """One row a claim: how many tasks met each outcome, the median ratio, and the worst ratio with its task.

    Ratios are over the tasks with a ratio; `applicable` counts every task inside the bound's assumptions,
    also those where a side is missing or a replica failed.
    """
    counts = pd.crosstab([records["bound"], records["quantity"]], outcome(records)) if len(records) else pd.DataFrame()
    ratios = compared(records)
    rows = []
    for claim in claims(records):
        of_claim = ratios[(ratios["bound"] == claim[0]) & (ratios["quantity"] == claim[1])]
        known = claim in counts.index
        count = {o: int(counts.loc[claim, o]) if known and o in counts else 0 for o in OUTCOMES}
        tasks = sum(count.values())
        worst = of_claim.loc[of_claim["ratio"].idxmax()] if len(of_claim) else None
        rows.append(
            {
                "bound": claim[0],
                "quantity": claim[1],
                "tasks": tasks,
                "applicable": tasks - count["inapplicable"],
                **count,
                "median_ratio": float(of_claim["ratio"].median()) if len(of_claim) else np.nan,
                "worst_ratio": float(worst["ratio"]) if worst is not None else np.nan,
                "worst_task": str(worst["task"]) if worst is not None else "",
            }
        )
    return pd.DataFrame(rows)
