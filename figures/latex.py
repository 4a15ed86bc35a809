"""A data frame as a LaTeX tabular with booktabs rules."""

import math

import pandas as pd

from figures.words import number

_ESCAPES = str.maketrans(
    {
        **{character: f"\\{character}" for character in "&%$#_{}"},
        **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"},
        **{"–": "--", "−": "$-$", "·": r"$\cdot$", "×": r"$\times$", "∞": r"$\infty$", "\u202f": r"\,"},
    }
)


def escape(text: str) -> str:
    """Plain text as LaTeX."""
    return text.translate(_ESCAPES)


def tabular(frame: pd.DataFrame, title: str) -> str:
    """The whole frame: numbers right-aligned with three significant digits, the rest left-aligned."""
    numeric = [pd.api.types.is_numeric_dtype(frame[column]) for column in frame]
    lines = [
        f"% {title}",
        r"% needs \usepackage{booktabs}",
        r"\begin{tabular}{" + "".join("r" if n else "l" for n in numeric) + "}",
        r"\toprule",
        " & ".join(escape(str(column).replace("_", " ")) for column in frame) + r" \\",
        r"\midrule",
        *(" & ".join(map(_cell, row)) + r" \\" for row in frame.itertuples(index=False)),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    if not isinstance(value, float) or not math.isfinite(value):
        return escape(number(value) if isinstance(value, float) else str(value))
    mantissa, _, exponent = number(value).partition("e")
    return rf"${mantissa} \cdot 10^{{{int(exponent)}}}$" if exponent else f"${mantissa}$"
