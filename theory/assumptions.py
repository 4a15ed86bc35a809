"""The conditions that bounds share, each as a signed slack."""

import numpy as np

from theory.bound import Assumption, Constants, Unknown, known


def _yes(condition: bool) -> float:
    return 1.0 if condition else -1.0


def _relative(limit: float, value: float) -> float:
    return np.inf if np.isinf(limit) else 1 - value / limit if limit > 0 else -np.inf


CONVEX = Assumption(name="convex loss", slack=lambda c: _yes(c.convex), message="the loss must be convex")

STEP_RULE = Assumption(
    name="step rule",
    slack=lambda c: -np.inf if np.isinf(c.smoothness) else _relative(c.largest_step, c.step_size),
    message="the step must satisfy η ≤ 2/(β+2λ) for every leave-one-out risk; slack = 1 − η(β+2λ)/2",
)

FULL_BATCH = Assumption(
    name="full batch", slack=lambda c: _yes(c.full_batch), message="every step must use all samples"
)

NO_L2 = Assumption(name="no l2", slack=lambda c: -c.l2, message="there must be no l2 term; slack = −λ")

L2 = Assumption(name="l2", slack=lambda c: c.l2, strict=True, message="there must be an l2 term; slack = λ")

STARTED = Assumption(name="a step taken", slack=lambda c: c.steps - 1.0, message="at least one step; slack = t − 1")

MARGIN_LOSS = Assumption(
    name="non-increasing margin loss",
    slack=lambda c: _yes(c.nonincreasing),
    message="the loss must never grow with the margin",
)

BOUNDED_SLOPE = Assumption(
    name="bounded slope",
    slack=lambda c: _yes(np.isfinite(c.slope)),
    message="|ℓ'| must be bounded on the whole line",
)


def _separation(c: Constants) -> float:
    if c.undecided:
        raise Unknown("separable")
    margin = known(c.margin, "margin")
    return float(margin.low) if margin.low > 0 else min(known(c.signed_margin, "signed_margin"), 0.0)


SEPARABLE = Assumption(
    name="separable",
    slack=_separation,
    strict=True,
    message="a direction must separate S; slack = signed margin",
)

HEAD_SEPARATES = Assumption(
    name="the head separates",
    slack=lambda c: known(c.reached_margin, "reached_margin"),
    strict=True,
    message="the tuned head must classify every sample; slack = its smallest ⟨ŵ,z_i⟩",
)

DRAWS = Assumption(
    name="independent draws",
    slack=lambda c: c.draws - 32.0,
    message="a statement about expectations is judged over at least 32 independent draws of S; slack = draws − 32",
)

FIXED_BEFORE = Assumption(
    name="tuning fixed before S",
    slack=lambda c: _yes(c.independent),
    message="w_0, η, t, λ, order and scaling must be fixed before S is drawn",
)
