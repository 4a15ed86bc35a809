"""A linear head by gradient descent that certifies, from its one run, how far it would move without any one sample."""

import warnings
from numbers import Integral
from typing import Any, Literal, Self

import joblib
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.metaestimators import available_if

from verify.estimators.linear import LinearHead, flag
from verify.tuning import BadTuning, Deletion, HeadTuning, LossName, steps_at, whole_number

Floats = NDArray[np.float64]


def _is_logistic(head: "StableHeadClassifier") -> bool:
    if head.loss != "logistic":
        raise AttributeError(f"predict_proba: only the logistic loss models chances; loss is {head.loss!r}")
    return True


class StableHeadClassifier(LinearHead):
    """Full-batch gradient descent on the mean loss of n samples plus λ‖w‖²/2, by the solver of `verify.probe`.

    With the same data, parameters and seed the numbers are those of `tightrope probe`. There are no sample weights: the
    theorems compare the unweighted mean of n losses with that of the n − 1 others, and say nothing of weighted ones.

    steps         t ≥ 0
    log_steps     ln t in place of t: 1000 asks for the head after e^1000 steps; None: `steps` counts
    step_size     η ≥ 0, or "auto" = 1/(β+λ), β the largest smoothness over the full and all leave-one-out risks
    l2            λ ≥ 0
    loss          logistic log(1+e^−m) (softmax for three and more classes); for two classes also exponential e^−m, which
                  needs a step size, and squared (1−m)²/2
    deletion      what a sample's absence means: reweighted (mean over the n−1 others) or dropped (their weights stay 1/n)
    heads         H heads from independent starts; their mean is the head
    init_scale    σ of the Gaussian start, 0 for the zero start
    fit_intercept appends a constant feature 1. It is a feature like the others: its weight counts in ‖w‖, in l2, in
                  margins and in movements, and 1 in ‖x_i‖
    exact         also retrains all n replicas, and measures
    margin        also solves the maximum-margin machine of the training data: cheap for two classes, for n = 1800 and ten
                  classes twenty times the price of the head
    device        of the solver: cpu, cuda, or auto for a GPU where there is one
    n_jobs        cores for the replicas, as in scikit-learn: None is 1 unless joblib is told otherwise, −1 all of them. The
                  numbers do not depend on it
    random_state  of the start, where init_scale > 0: a whole number (as `--seed` of probe), a RandomState, or None for
                  another start at each fit

    Fitted, besides what `LinearHead` says (w is coef_ and intercept_ as one vector; ŵ = w/‖w‖; w^∖i the head without
    sample i; each entry (n,), in the order of the samples):

    certificate_  {"parameter": c_i ≥ ‖w − w^∖i‖, "direction": chord(c_i/‖w‖) ≥ ‖ŵ − ŵ^∖i‖, "pointwise":
                  slope·‖x_i‖·c_i ≥ |ℓ(w; z_i) − ℓ(w^∖i; z_i)|}: theorem `one-run`, proof in theory/one_run.py, from the one
                  run on all samples. None where the theorem says nothing, e.g. above its step rule η ≤ 2/(β+2λ)
    instability_  the left-hand sides, measured on all replicas, by the same names; None unless exact
    influence_    (n,) how far the head moves without each sample: instability_["parameter"] if exact, else
                  certificate_["parameter"]; None where that is
    margin_       (low, high) holds γ = max over ‖u‖ = 1 of the smallest ⟨u, y_i x_i⟩ (K classes: (u_y − u_k)·x_i), 0 where
                  nothing separates; None where margin is false
    head_margin_  lower end of the smallest ⟨ŵ, y_i x_i⟩ reached by the head itself; negative where it errs
    reasons_      why something is None, by its path: reasons_["certificate.direction"]
    n_iter_       the steps taken, a whole number of any size
    step_size_    η as a number
    seed_         what the start was drawn from: StableHeadClassifier(random_state=seed_) starts there again

    Raises BadTuning, a ValueError naming the parameter, for a parameter that makes no sense and for a run that leaves the
    floating-point range. A run that diverges is a ConvergenceWarning.
    """

    def __init__(
        self,
        *,
        steps: int = 1000,
        log_steps: float | None = None,
        step_size: float | Literal["auto"] = "auto",
        l2: float = 0.0,
        loss: LossName = "logistic",
        deletion: Deletion = "reweighted",
        heads: int = 1,
        init_scale: float = 0.0,
        fit_intercept: bool = True,
        exact: bool = False,
        margin: bool = True,
        device: str = "cpu",
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.steps = steps
        self.log_steps = log_steps
        self.step_size = step_size
        self.l2 = l2
        self.loss = loss
        self.deletion = deletion
        self.heads = heads
        self.init_scale = init_scale
        self.fit_intercept = fit_intercept
        self.exact = exact
        self.margin = margin
        self.device = device
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Tunes the head on X (n, d), finite and dense, and labels y (n,) of two or more classes of any type."""
        from verify.estimators.tuned import tuned  # noqa: PLC0415  torch takes seconds

        (task, classes), tuning = self._task(X, y), self._tuning()
        exact, margin = flag("exact", self.exact), flag("margin", self.margin)
        if task.classes > 2 and tuning.loss != "logistic":
            raise BadTuning(
                f"loss: {tuning.loss}: Only binary classification is supported. {task.classes} classes need logistic"
            )
        seed, threads = _seed(self.random_state), _cores(self.n_jobs)
        found = tuned(task, tuning, seed=seed, exact=exact, margin=margin, threads=threads)
        if found.advice:
            warnings.warn(f"step_size: {found.step_size:.6g}: {found.advice}", ConvergenceWarning, stacklevel=2)
        self._keep(found.weights, classes)
        self.n_iter_, self.step_size_, self.seed_ = tuning.steps, found.step_size, seed
        self.certificate_, self.instability_, self.reasons_ = found.certificate, found.instability, found.reasons
        self.margin_, self.head_margin_, self.influence_ = found.margin, found.head_margin, found.influence
        return self

    @available_if(_is_logistic)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: ArrayLike) -> Floats:
        """(n, K) the chances that the logistic or softmax loss models; not there for other losses."""
        scores = self.decision_function(X)
        return np.column_stack([expit(-scores), expit(scores)]) if scores.ndim == 1 else softmax(scores, axis=1)

    @available_if(_is_logistic)  # type: ignore[untyped-decorator]
    def predict_log_proba(self, X: ArrayLike) -> Floats:
        """(n, K) their logarithms, exact however small they are."""
        scores = self.decision_function(X)
        return (
            np.column_stack([log_expit(-scores), log_expit(scores)])
            if scores.ndim == 1
            else log_softmax(scores, axis=1)
        )

    def _tuning(self) -> HeadTuning:
        return HeadTuning(
            loss=self.loss, steps=self.steps if self.log_steps is None else steps_at(self.log_steps),
            step_size=self.step_size, l2=self.l2, deletion=self.deletion, heads=self.heads, init_scale=self.init_scale,
            device=self.device,
        )  # fmt: skip

    def __sklearn_tags__(self) -> Any:
        """Only the logistic loss has a form for three and more classes."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = self.loss == "logistic"
        return tags


def _cores(n_jobs: object) -> int:
    """How many of them; as joblib has it."""
    if n_jobs is not None and (isinstance(n_jobs, bool) or not isinstance(n_jobs, Integral) or n_jobs == 0):
        raise BadTuning(f"n_jobs: {n_jobs!r} must be None or a whole number other than 0")
    return joblib.effective_n_jobs(n_jobs)


def _seed(random_state: object) -> int:
    """A whole number stands for itself, a RandomState for its next draw, None for one never seen before."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(1 << 31))
    return whole_number("random_state", random_state, 0)
