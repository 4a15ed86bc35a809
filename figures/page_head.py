"""The top of the report page: what was tested, what came out, and where the rest stands."""

from collections.abc import Mapping
from html import escape

from figures import html
from figures.outcomes import OUTCOMES, outcome
from figures.run import Run
from figures.words import count

MEANINGS = {
    "holds": "what was measured is below the bound",
    "vacuous": "holds, but the bound is as large as its quantity can be",
    "inconclusive": "the intervals overlap, or a side is missing",
    "inapplicable": "the task is outside the bound’s assumptions",
    "failed": "a replica diverged or left the floats",
    "violated": "what was measured is above the bound",
}


def title(run: Run) -> str:
    """What the browser's tab says."""
    return f"Tightrope: suite {run.manifest.get('suite', 'unnamed')}"


def head(run: Run, sections: Mapping[str, str]) -> str:
    """The answer first, then what it rests on, then a link to every section (its id to its title)."""
    links = "".join(f'<a href="#{name}">{escape(text)}</a>' for name, text in sections.items())
    return "\n".join(
        [
            '<a class="skip" href="#main">Skip to the content</a>',
            "<header>",
            f'<p class="eyebrow">{escape(_source(run))}</p>',
            answer(run),
            html.paragraph(_tested(run)),
            shares(run),
            f'<nav aria-label="Sections">{links}</nav>',
            "</header>",
        ]
    )


def answer(run: Run) -> str:
    """One sentence; loud where something was violated."""
    violated = run.records[outcome(run.records) == "violated"]
    proven, tasks = violated[violated["proven"].astype(bool)], count(len(run.tasks), "task")
    if len(proven):
        bounds = ", ".join(sorted(set(proven["bound"])))
        text = f"A proven bound was violated {count(len(proven), 'time')} on {tasks}: {bounds}."
    elif len(run.records):
        text = f"No proven bound was violated on {tasks}."
    else:
        text = "Nothing was compared: the run holds no records."
    others = len(violated) - len(proven)
    more = f'<p class="loud">A conjecture was violated {count(others, "time")}.</p>' if others else ""
    kind = ' class="loud"' if len(proven) else ""
    return f"<h1{kind}>{escape(text)}</h1>{more}"


def shares(run: Run) -> str:
    """The outcomes of all comparisons: a bar, and a number with its meaning for each."""
    counts = outcome(run.records).value_counts()
    numbers = {name: int(counts.get(name, 0)) for name in OUTCOMES}
    whole, left, bars = max(1, sum(numbers.values())), 0.0, ""
    for name, number in numbers.items():
        width = 100 * number / whole
        bars += f'<rect class="{name}" x="{left:.3f}%" width="{width:.3f}%" height="100%"/>'
        left += width
    told = "".join(
        f'<li class="{name}{"" if number else " none"}"><strong>{count(number)}</strong> {name}'
        f"<span>{escape(MEANINGS[name])}</span></li>"
        for name, number in numbers.items()
    )
    return f'<svg class="shares" aria-hidden="true">{bars}</svg>\n<ul class="shares">{told}</ul>'


def _source(run: Run) -> str:
    facts = (f"{name} {run.manifest[name]}" for name in ("suite", "seed") if name in run.manifest)
    return " · ".join(["Tightrope", *facts])


def _tested(run: Run) -> str:
    every = run.records[["bound", "quantity"]].drop_duplicates()
    if not len(run.tasks):
        return "No task was made."
    sizes = " and ".join(f"{name} = {run.tasks[name].min()}–{run.tasks[name].max()}" for name in ("n", "d"))
    return (
        "On trial: bounds on how much a tuned head owes to any one training sample. "
        f"{count(len(every), 'claim')} of {count(every['bound'].nunique(), 'bound')}, each compared with what "
        f"was measured on {count(len(run.tasks), 'task')} of {count(run.tasks['family'].nunique(), 'kind')} "
        f"({sizes}), by tuning a head on all samples and again without each: "
        f"{count(len(run.records), 'comparison')}."
    )
