"""What became of each claim: six outcomes, counted apart, and one line of numbers a claim.

A claim is a (bound, quantity). A verdict HOLDS whose bound is at the trivial maximum counts as vacuous.
"""

from collections import Counter

import pandas as pd

from theory.catalogue import BUILT_IN

OUTCOMES = ("holds", "vacuous", "inconclusive", "inapplicable", "failed", "violated")
COMPARED = ("holds", "vacuous", "inconclusive", "violated")  # the bound applies and has a value
DECIDED = ("holds", "vacuous", "violated")
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

    The worst ratio is over decided tasks, the median over all with a ratio; `applicable` counts every task inside the
    bound's assumptions, also those where a side is missing or a replica failed.
    """
    counts = Counter(zip(records["bound"], records["quantity"], outcome(records), strict=True))
    ratios = compared(records).sort_values("ratio", ascending=False, kind="stable")
    rows = []
    for bound, quantity in claims(records):
        count = {name: counts[bound, quantity, name] for name in OUTCOMES}
        here = ratios[(ratios["bound"] == bound) & (ratios["quantity"] == quantity)]
        sure = here[here["outcome"].isin(DECIDED)]
        facts = {
            "bound": bound,
            "quantity": quantity,
            "tasks": sum(count.values()),
            "applicable": sum(count.values()) - count["inapplicable"],
            **count,
            "median_ratio": here["ratio"].median(),
            "worst_ratio": sure["ratio"].max(),
            "worst_task": sure["task"].iloc[0] if len(sure) else "",
        }
        rows.append(facts)
    return pd.DataFrame(rows)
