"""A data frame as a LaTeX tabular with booktabs rules."""

import pandas as pd

from figures.words import number

_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
        "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "–": "--", "−": "$-$", "·": r"$\cdot$", "∞": r"$\infty$",
        "λ": r"$\lambda$", "γ": r"$\gamma$", "≤": r"$\le$", "\u202f": r"\,", "η": r"$\eta$", "β": r"$\beta$",
        "²": r"$^2$", "×": r"$\times$",
    }
)  # fmt: skip


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
        *(" & ".join(escape(_cell(value)) for value in row) + r" \\" for row in frame.itertuples(index=False)),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    return number(value) if isinstance(value, float) else str(value)
