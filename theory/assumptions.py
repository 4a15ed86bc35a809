"""The conditions that bounds share, each as a signed slack."""

import numpy as np

from theory.bound import Assumption, Constants, Unknown, as_float, known


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

REWEIGHTED = Assumption(
    name="reweighted",
    slack=lambda c: _yes(c.deletion == "reweighted"),
    message="S∖i must be a data set of its own, a mean over n − 1; where samples are dropped one run says as much",
)

LOGISTIC = Assumption(
    name="logistic loss", slack=lambda c: _yes(c.logistic), message="the loss must be the logistic or the softmax loss"
)

TWO_CLASSES = Assumption(
    name="two classes", slack=lambda c: 2.0 - c.classes, message="there must be two classes; slack = 2 − K"
)

ONE_HEAD = Assumption(
    name="one head", slack=lambda c: 1.0 - c.heads, message="it is about one head, not a mean of heads; slack = 1 − H"
)

LOOKED = Assumption(
    name="an earlier look",
    slack=lambda c: c.early_step - 1.0,
    message="the run must have been looked at before its end, after a step or more; slack = s − 1",
)

ZERO_START = Assumption(name="zero start", slack=lambda c: _yes(c.zero_start), message="the first head must be zero")

SHORT_STEP = Assumption(
    name="short step",
    slack=lambda c: -np.inf if np.isinf(c.smoothness) else 1 - c.step_size * c.smoothness,
    message="the step must satisfy η ≤ 1/β; slack = 1 − ηβ",
)

SMOOTH = Assumption(
    name="smooth loss",
    slack=lambda c: _yes(np.isfinite(c.smoothness)),
    message="the gradient of the risk must be Lipschitz on the whole space",
)

INTERPOLATES = Assumption(
    name="interpolation",
    slack=lambda c: c.interpolation,
    strict=True,
    message="some finite head must have loss 0 on every sample; slack = condition of the rows, less rounding",
)

GAUSSIAN_START = Assumption(
    name="Gaussian start", slack=lambda c: c.init_scale, strict=True, message="heads must start at N(0, σ²I), σ > 0"
)

SEEDS = Assumption(
    name="independent starts",
    slack=lambda c: c.seeds - 32.0,
    message="a statement about starts is judged over at least 32 of them; slack = starts − 32",
)

NO_L2 = Assumption(name="no l2", slack=lambda c: -c.l2, message="there must be no l2 term; slack = −λ")

L2 = Assumption(name="l2", slack=lambda c: c.l2, strict=True, message="there must be an l2 term; slack = λ")

STARTED = Assumption(
    name="a step taken", slack=lambda c: as_float(c.steps) - 1.0, message="at least one step; slack = t − 1"
)

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

HAS_DIRECTION = Assumption(
    name="a direction",
    slack=lambda c: known(c.weight_norm, "weight_norm"),
    strict=True,
    message="the tuned head must not be zero; slack = ‖w_t‖",
)

DRAWS = Assumption(
    name="independent draws",
    slack=lambda c: c.draws - 32.0,
    message="a statement about expectations is judged over at least 32 independent draws of S, whose samples are independent"
    " too; slack = draws − 32",
)

FIXED_BEFORE = Assumption(
    name="tuning fixed before S",
    slack=lambda c: _yes(c.independent),
    message="w_0, η, t, λ, order and scaling must be fixed before S is drawn",
)
