"""The tables of the report page."""

from collections import Counter
from collections.abc import Iterator, Mapping

import pandas as pd

from figures import html
from figures.html import Cell
from figures.outcomes import compared, outcome, summary
from figures.run import Run

SHOWN = 12  # violated comparisons; all are in the records
REASONS = 30  # the most frequent ones
STATUSES = ("ok", "above_rule", "diverged", "non_finite")


def violations(run: Run) -> str:
    """Every violated comparison, proven bounds first; nothing where there is none."""
    rows = run.records[outcome(run.records) == "violated"]
    if not len(rows):
        return ""
    rows = rows.sort_values(["proven", "ratio"], ascending=False, kind="stable")
    head = ["violated", "quantity", "claim", "task", "bound", "measured", "lower end", "ratio"]
    cells = [
        (
            Cell(r["bound"], "loud"),
            r["quantity"],
            "proven" if r["proven"] else "conjecture",
            *(r[name] for name in ("task", "value", "measured", "low", "ratio")),
        )
        for r in rows.head(SHOWN).to_dict("records")
    ]
    more = html.paragraph(f"{len(rows) - SHOWN} more in records.parquet.") if len(rows) > SHOWN else ""
    return html.table(head, cells, label="Violations", sort=True) + more


def verdicts(run: Run) -> str:
    """One row a claim: its outcomes, its median and its worst ratio."""
    counts = ("tasks", "applicable", "holds", "vacuous", "inconclusive", "failed")
    rows = [
        (
            Cell(r["bound"], below=r["quantity"]),
            *(r[name] for name in counts),
            Cell(r["violated"], "loud" if r["violated"] else "soft"),
            *(r[name] for name in ("inapplicable", "median_ratio", "worst_ratio", "worst_task")),
        )
        for r in summary(run.records).to_dict("records")
    ]
    head = [
        "bound",
        *counts,
        "violated",
        "inapplicable",
        "median ratio",
        "worst ratio",
        "worst task",
    ]
    note = (
        "Applicable are the tasks inside a bound's assumptions. A ratio is measured / bound, over the tasks that have "
        "one: 1 is a bound that is attained, above 1 it is broken."
    )
    return html.paragraph(note) + html.table(head, rows, label="Verdicts", sort=True)


def worst(run: Run) -> str:
    """One row a claim: the task with the largest ratio."""
    ratios = compared(run.records).sort_values("ratio", ascending=False, kind="stable")
    rows = [
        (
            Cell(r["bound"], below=r["quantity"]),
            Cell(r["task"], below=f"{r['family']}, n = {r['n']}, d = {r['d']}"),
            str(r["sample"]) if r["sample"] >= 0 else "–",
            *(r[name] for name in ("value", "measured", "ratio", "outcome")),
            Cell(r["tuning"], "long"),
        )
        for r in ratios.drop_duplicates(["bound", "quantity"]).to_dict("records")
    ]
    head = ["bound", "task", "sample", "bound's value", "measured", "ratio", "outcome", "tuning"]
    note = "The largest ratio of every claim. Take a task out: tightrope task RUN_DIR TASK --out t.npz"
    return html.paragraph(note) + html.table(head, rows, label="Worst tasks", sort=True)


def silent(run: Run) -> str:
    """Which assumptions fail, and what else keeps a bound from being judged."""
    rows = run.records.assign(outcome=outcome(run.records))
    quiet = rows[rows["outcome"].isin(["inapplicable", "inconclusive", "failed"])]
    counts = Counter(
        (str(kind), reason)
        for kind, names in zip(quiet["outcome"], lacking(quiet["reasons"]), strict=True)
        for reason in (names or ["no reason recorded"])
    )
    cells = [(kind, Cell(reason, "long"), number) for (kind, reason), number in counts.most_common(REASONS)]
    note = "Comparisons by the assumption that fails, or by what is missing; one comparison may fail several."
    return html.paragraph(note) + html.table(
        ["outcome", "reason", "comparisons"], cells, label="Why a bound is silent", sort=True
    )


def lacking(reasons: pd.Series) -> list[list[str]]:
    """The names of the assumptions that fail, or else the reason as it is."""
    texts = reasons.astype(str)
    failing = texts.str.findall(r"(?:^|; )([^:;]+): slack")
    return [names or [text] * bool(text) for names, text in zip(failing, texts, strict=True)]


def replicas(run: Run) -> str:
    """How the runs on S and on every S∖i ended."""
    counts = run.tasks[list(STATUSES)]
    rows = [(name.replace("_", " "), int(counts[name].sum()), int((counts[name] > 0).sum())) for name in STATUSES]
    total = ("all", sum(row[1] for row in rows), len(counts))
    note = (
        "How the runs ended: the replicas and the run on all samples, n + 1 a task. Above rule: they ended, "
        "with a step above 2/(β+2λ)."
    )
    return html.paragraph(note) + html.table(
        ["status", "runs", "tasks with such runs"], [*rows, total], label="Replicas"
    )


def families(run: Run) -> str:
    """What the tasks are, by family."""
    rows = []
    for family, tasks in run.tasks.groupby("family", sort=True):
        separable = tasks["separable"].value_counts()
        sizes = (f"{tasks[name].min()}–{tasks[name].max()}" for name in ("n", "d"))
        answers = (int(separable.get(answer, 0)) for answer in ("yes", "no", "unknown"))
        rows.append((family, len(tasks), *sizes, *answers, int((tasks["draws"] > 0).sum())))
    head = ["family", "tasks", "n", "d", "separable", "not separable", "not known", "with independent draws"]
    return html.table(head, rows, label="Families", sort=True)


def manifest(run: Run) -> str:
    """What made the run: suite, seed, versions, device, hash."""
    return html.table(
        ["entry", "value"], [(key, Cell(text, "long")) for key, text in _flat(run.manifest)], label="Manifest"
    )


def _flat(entries: Mapping[str, object], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in entries.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key} · ")
        else:
            yield f"{above}{key}", ", ".join(map(str, value)) if isinstance(value, list) else str(value)
