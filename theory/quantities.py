"""The quantities that bounds bound: one estimand each, with what it is over and the most it can be."""

from dataclasses import dataclass
from typing import Literal

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """One estimand.

    id       name in records, `what.over`
    formula  LaTeX
    over     what an average or maximum runs over; `each` means one value a sample, judged one by one
    largest  the trivial maximum: a bound at or above it is vacuous
    random   what it is a statement about: draws of S, or starts with S fixed; empty for one sure number
    """

    id: str
    title: str
    formula: str
    over: str
    largest: float = np.inf
    random: Literal["", "draws", "starts"] = ""


_PARAMETER = r"\|w_S - w_{S\setminus i}\|"
_DIRECTION = r"\|\hat w_S - \hat w_{S\setminus i}\|"
_POINTWISE = r"|\ell(w_S; z_i) - \ell(w_{S\setminus i}; z_i)|"
_MACHINE = r"\|u_S - u_{S\setminus i}\|"
_MINIMISER = r"\|w^\lambda_S - w^\lambda_{S\setminus i}\|"

_OVER = {"each": "every sample i", "mean": "mean over samples i", "max": "maximum over samples i"}


def _family(what: str, title: str, formula: str, largest: float, *overs: str) -> tuple[Quantity, ...]:
    return tuple(
        Quantity(id=f"{what}.{over}", title=title, formula=formula, over=_OVER[over], largest=largest) for over in overs
    )


QUANTITIES: dict[str, Quantity] = {
    quantity.id: quantity
    for quantity in (
        *_family("parameter", "parameter instability", _PARAMETER, np.inf, "each", "mean", "max"),
        *_family("direction", "direction instability", _DIRECTION, 2.0, "each", "mean", "max"),
        *_family("pointwise", "pointwise hypothesis stability", _POINTWISE, np.inf, "each", "mean"),
        *_family("flips", "prediction flips", r"\Pr[\hat y_S \ne \hat y_{S\setminus i}]", 1.0, "mean"),
        *_family("svm-direction", "direction instability of the hard-margin machine", _MACHINE, 2.0, "each", "mean"),
        *_family("minimiser", "parameter instability of the minimisers", _MINIMISER, np.inf, "each", "mean", "max"),
        Quantity(id="margin-direction", title="distance to the maximum-margin direction",
                 formula=r"\|\hat w_t - u_S\|", over="the head tuned on all samples", largest=2.0),
        Quantity(id="resample-variance", title="resample variance of the direction",
                 formula=r"\mathbb E\,\|\hat w_S - \mathbb E\hat w_S\|^2", over="independent draws of S",
             largest=1.0, random="draws"),
        Quantity(id="accuracy-variance", title="resample variance of the test accuracy",
                 formula=r"\operatorname{Var}(\mathrm{acc}(w_S))", over="independent draws of S", largest=0.25, random="draws"),
        Quantity(id="seed-variance", title="seed variance of the direction",
                 formula=r"\mathbb E\,\|\hat w_t - \mathbb E\hat w_t\|^2",
                 over="initialisations or sample orders, S fixed", largest=1.0, random="starts"),
        Quantity(id="seed-parameter-variance", title="seed variance of the head",
                 formula=r"\mathbb E\,\|w_t - \mathbb E w_t\|^2", over="initialisations, S fixed", random="starts"),
        Quantity(id="seed-distance.median", title="distance of two heads from independent starts",
                 formula=r"\|w_t - w'_t\|", over="median over pairs of initialisations, S fixed", random="starts"),
        Quantity(id="margin", title="margin of the sample", formula=r"\gamma_S", over="the sample"),
    )
}  # fmt: skip
