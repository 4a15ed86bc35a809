"""Small pieces of captions."""

import math

from figures.run import Run


def count(number: int, noun: str = "") -> str:
    """`1 task`, `1 200 tasks`, or the number alone."""
    digits = f"{number:,}".replace(",", "\u202f")
    return f"{digits} {noun if number == 1 else noun + 's'}" if noun else digits


def number(value: float) -> str:
    """Three significant digits, or a dash where there is none."""
    if math.isnan(value):
        return "–"
    return "∞" if math.isinf(value) else f"{value:.3g}"


def source(run: Run) -> str:
    """Where the numbers come from: suite, seed and size of the run."""
    suite, seed = run.manifest.get("suite", "unnamed"), run.manifest.get("seed", "not recorded")
    return f"Suite {suite}, seed {seed}, {count(len(run.tasks), 'task')}."
