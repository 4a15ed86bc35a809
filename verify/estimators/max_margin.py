"""The maximum-margin machine with its proof: γ in an interval, its support, and how far it turns without any one sample."""

import warnings
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from synth.task import Task
from theory.directions import chord
from verify.estimators.linear import MOVEMENTS, ONE_FIT, LinearHead, flag
from verify.margins import Margins, margins_of
from verify.tuning import MOST_L2, BadTuning, number_below

Floats = NDArray[np.float64]

ONE_MACHINE = "exact is False: only the machine of all samples was solved; exact=True solves those without one, too"
NOT_SEPARABLE = "no direction separates the classes"
UNDECIDED = "rounding hides whether any direction separates the classes"
DIRECTIONS = "the theorem is about directions"


class MaxMarginClassifier(LinearHead):
    """The hard-margin machine w* = argmin ‖w‖²/2 subject to y_i⟨w, x_i⟩ ≥ 1 for every sample, where there is one.

    For K classes the constraints are ⟨w_y − w_k, x_i⟩ ≥ 1 for every other class k. u = w*/‖w*‖ is the direction that heads
    tuned without l2 tend to, and ‖w*‖ = 1/γ. Where nothing separates the classes there is no such machine; the head is then

        argmin  mean logistic (softmax) loss + l2·‖w‖²/2,

    that of a StableHeadClassifier with this l2 after many steps, and a ConvergenceWarning says so. The two belong together: on
    data that a direction separates, the direction of that head tends to u for l2 → 0 (Rosset, Zhu and Hastie, NeurIPS 2003).
    There are no sample weights: constraints have none.

    l2            λ > 0 of the head that stands in; without influence where something separates
    fit_intercept appends a constant feature 1. It is a feature like the others: its weight counts in ‖w‖ and the margin. The
                  machine of scikit-learn's SVC does not count it and is another one; that of LinearSVC counts it
    exact         also solves the machine without each sample of the support, and measures

    Fitted, besides what `LinearHead` says:

    separable_    True, False (certified), or None where rounding hides which
    margin_       (low, high) holds γ = max over ‖u‖ = 1 of the smallest y_i⟨u, x_i⟩; low is 0 unless separable_ is true
    support_      indices of the samples with a dual weight: no other sample's absence moves the machine; None where there is
                  no machine
    certificate_  {"direction": (n,) min{√2, chord(γα_i‖x_i‖)} ≥ ‖u − u^∖i‖} from the dual weights α alone: theorem
                  `svm-leave-one-out`, proof in theory/hard_margin.py. "parameter" and "pointwise" are None: it is about
                  directions. All are None where there is no machine, since no theorem here covers the head that stands in
    instability_  {"direction": (n,) ‖u − u^∖i‖ measured}, by the same names; None unless exact and separable_
    influence_    (n,) how far the direction turns without each sample: measured if exact, else certified; None where
                  there is no machine
    reasons_      why something is None, by its path: reasons_["certificate.direction"]

    Raises BadTuning, a ValueError naming the parameter, for a parameter that makes no sense.
    """

    def __init__(self, *, l2: float = 1e-3, fit_intercept: bool = True, exact: bool = False) -> None:
        self.l2 = l2
        self.fit_intercept = fit_intercept
        self.exact = exact

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Solves the machine of X (n, d), finite and dense, and labels y (n,) of two or more classes of any type."""
        from verify.solvers.threads import one_thread  # noqa: PLC0415  torch takes seconds

        (task, classes), exact, l2 = self._task(X, y), flag("exact", self.exact), number_below("l2", self.l2, MOST_L2)
        if l2 == 0:
            raise BadTuning(
                "l2: 0 must be above 0: without it there may be no head where nothing separates the classes"
            )
        with ONE_FIT, one_thread():
            margins = margins_of(task, left_out=exact)
            whole = margins.whole
            weights = _machine(task, margins) if whole.separable else _stand_in(task, l2)
        self._keep(weights, classes)
        self.separable_, self.margin_ = whole.separable, (whole.low, whole.high)
        self.support_ = whole.support if whole.separable else None
        self._answer(margins, exact)
        if not whole.separable:
            warnings.warn(
                f"{self.reasons_['support']}: this is the logistic head with l2={l2:g}", ConvergenceWarning, 2
            )
        return self

    def _answer(self, margins: Margins, exact: bool) -> None:
        """What is known of the machines without one sample."""
        whole, measured = margins.whole, margins.direction_instability
        self.certificate_ = dict.fromkeys(MOVEMENTS)
        self.reasons_ = {f"certificate.{name}": DIRECTIONS for name in MOVEMENTS}
        self.instability_ = None
        if not whole.separable:
            why = NOT_SEPARABLE if whole.separable is False else UNDECIDED
            self.reasons_ = dict.fromkeys([*self.reasons_, "support", "instability", "influence"], why)
            self.influence_ = None
            return
        del self.reasons_["certificate.direction"]
        self.certificate_["direction"] = self.influence_ = np.minimum(chord(whole.sines), np.sqrt(2))
        if measured is None:
            self.reasons_["instability"] = ONE_MACHINE
            return
        self.instability_ = dict.fromkeys(MOVEMENTS)
        self.reasons_ |= {f"instability.{name}": DIRECTIONS for name in ("parameter", "pointwise")}
        self.instability_["direction"] = self.influence_ = np.asarray(measured.value)


def _machine(task: Task, margins: Margins) -> Floats:
    """(k, d) w*, scaled so that the smallest constraint is 1."""
    return margins.direction.reshape(-1, task.dimension) / margins.whole.reached


def _stand_in(task: Task, l2: float) -> Floats:
    """(k, d) the minimiser of the mean logistic or softmax loss with l2."""
    head = LogisticRegression(
        C=1 / (l2 * task.samples), fit_intercept=False, solver="newton-cholesky", tol=1e-8, max_iter=1000
    )
    return head.fit(task.features, task.labels).coef_
