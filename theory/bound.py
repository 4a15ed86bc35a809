"""What a bound is: a statement, the assumptions it stands on, and a formula in named constants."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from theory.interval import Interval

Floats = NDArray[np.float64]
T = TypeVar("T")
Kind = Literal["sure", "expectation", "probability"]
Deletion = Literal["reweighted", "dropped"]


@dataclass(frozen=True, kw_only=True)
class Constants:
    """Everything a formula or an assumption may ask about one task, its tuning and the one run on all samples.

    What could not be had is None, and a bound that needs it is inconclusive. n samples, d dimensions, w_t the head
    after the last step. Lengths are in the units of the features, weights in their inverse.

    samples, dimension, classes         n, d, K
    sample_norms                        (n,) ‖x_i‖
    steps, step_size, l2, deletion      t (of any size: e^1000 is a whole number too), η, λ, which leave-one-out convention
    full_batch, zero_start              the order of the samples and the first head
    convex, nonincreasing               properties of the loss
    logistic                            whether ℓ is the logistic, for more than two classes the softmax loss
    slope                               sup ‖∂ℓ/∂outputs‖: 1 logistic, √2 softmax, ∞ where there is none
    smoothness                          β: largest over the full and all leave-one-out risks, without l2; for
                                        minibatches the largest of one sample; ∞ where there is none
    sample_smoothness                   the largest smoothness of one sample's loss; ∞ where there is none
    weight_norm, distance, travel       ‖w_t‖, ‖w_t − w_0‖, ‖w_t − (1−ηλ)ᵗw_0‖
    gradient_bound                      L: the largest ‖∇ℓ_i(w_s)‖ met by the one run, s < t
    certificates                        (n,) c_i(t) of section `one-run`
    losses                              (n,) ℓ(w_t; z_i)
    twin_distance, twin_turn            upper ends of ‖w_t − v_t‖ and ‖ŵ_t − v̂_t‖; v the twin run: all samples, each with
                                        the weight 1/(n−1) of a replica; where samples are dropped v is w itself
    twin_norm, twin_travel              ‖v_t‖, ‖v_t − (1−ηλ)ᵗw_0‖
    twin_certificates                   (n,) η/(n−1) Σ_s (1−ηλ)^(t−1−s) ‖∇ℓ_i(v_s)‖
    twin_losses, twin_loss_changes      (n,) ℓ(v_t; z_i), |ℓ(w_t; z_i) − ℓ(v_t; z_i)|
    early_step, early_weights           a look at the one run before its end: s, and w_s as one vector in the coordinates
                                        of `rows`
    margin, angular_margin              intervals for γ and γ̂; low ends 0 when not separable
    rows, row_sample, dual              (m, D) the constraint vectors of `theory.margin`, (m,) their samples, (m,) α ≥ 0
    class_gap                           the smallest ‖μ_y − μ_k‖ over pairs of classes that S has
    class_spread                        √(Σ_y‖μ_y − μ̄‖²), None where S lacks a class
    signed_margin                       the largest min_i⟨u, z_i⟩ over the unit vectors u at hand; negative if none separates
    undecided                           whether rounding hides if S is separable
    reached_margin                      min_i⟨ŵ_t, z_i⟩, signed
    machine_sines                       (n,) upper ends of the sine between u_S and u_{S∖i}
    left_out_margins                    (n,) upper ends of γ_{S∖i}
    minimiser_pulls                     (n,) ‖∇F_{S∖i}(w)‖/λ at the minimiser w of F = R + λ‖·‖²/2, upper ends
    minimiser_gradient                  L: the largest ‖∇ℓ_i‖ at that minimiser
    interpolation                       signed: how far the distinct rows are from linear dependence (smallest over largest
                                        singular value, less rounding), so that some w has loss 0 on all; −1 where no loss is 0
    interpolant_distance                ‖w_0 − w_*‖, upper end, w_* the interpolant nearest to w_0
    pl                                  μ of the Polyak–Łojasiewicz inequality ‖∇R‖² ≥ 2μR, lower end
    draws, independent                  independent draws of S at hand; False if their tuning was chosen from themselves
    efron_stein                         E Σ_i chord(c_i/‖w_t‖)² over these draws, dropped convention
    heads, init_scale, seeds            H heads from w_0 ~ N(0, σ²I), and how many independent starts were tried
    """

    samples: int
    dimension: int
    sample_norms: Floats
    classes: int = 2
    steps: int = 0
    step_size: float = 0.0
    l2: float = 0.0
    deletion: Deletion = "reweighted"
    full_batch: bool = True
    zero_start: bool = True
    convex: bool = True
    nonincreasing: bool = True
    logistic: bool = True
    slope: float = 1.0
    smoothness: float = np.inf
    sample_smoothness: float = np.inf
    weight_norm: float | None = None
    distance: float | None = None
    travel: float | None = None
    gradient_bound: float | None = None
    certificates: Floats | None = None
    losses: Floats | None = None
    twin_distance: float | None = None
    twin_turn: float | None = None
    twin_norm: float | None = None
    twin_travel: float | None = None
    twin_certificates: Floats | None = None
    twin_losses: Floats | None = None
    twin_loss_changes: Floats | None = None
    early_step: int = 0
    early_weights: Floats | None = None
    margin: Interval | None = None
    angular_margin: Interval | None = None
    rows: Floats | None = None
    row_sample: NDArray[np.int64] | None = None
    dual: Floats | None = None
    class_gap: float | None = None
    class_spread: float | None = None
    signed_margin: float | None = None
    undecided: bool = False
    reached_margin: float | None = None
    machine_sines: Floats | None = None
    left_out_margins: Floats | None = None
    minimiser_pulls: Floats | None = None
    minimiser_gradient: float | None = None
    interpolation: float = -1.0
    interpolant_distance: float | None = None
    pl: float | None = None
    heads: int = 1
    init_scale: float = 0.0
    seeds: int = 0
    draws: int = 0
    independent: bool = False
    efron_stein: Interval | None = None

    @property
    def radius(self) -> float:
        """B = max ‖x_i‖."""
        return float(self.sample_norms.max())

    @property
    def parameters(self) -> int:
        """D: how many numbers a head has, d for two classes and dK for K."""
        return self.dimension if self.classes == 2 else self.dimension * self.classes

    @property
    def softmax_factor(self) -> float:
        """κ: 1 for two classes, √2 for more, from ‖p − e_y‖ ≤ √2(1 − p_y)."""
        return 1.0 if self.classes == 2 else float(np.sqrt(2))

    @property
    def replica_weight(self) -> float:
        """What a left-out sample's pull is divided by: n − 1 reweighted, n dropped."""
        return self.samples - 1 if self.deletion == "reweighted" else self.samples

    @property
    def largest_weight(self) -> float:
        """The most that leaving one sample out changes the gradient of the risk, in units of L: 2/n reweighted, 1/n dropped."""
        return (2 if self.deletion == "reweighted" else 1) / self.samples

    @property
    def time(self) -> float:
        """ηt, ∞ beyond the floats."""
        return self.step_size * as_float(self.steps) if self.step_size > 0 else 0.0

    @property
    def log_time(self) -> float:
        """ln(ηt), −∞ before the first step."""
        return log_product(self.step_size, self.steps)

    @property
    def largest_step(self) -> float:
        """The step rule: 2/(β + 2λ)."""
        total = self.smoothness + 2 * self.l2
        return 2 / total if total > 0 else np.inf


def as_float(count: int) -> float:
    """A whole number of any size, ∞ beyond the floats."""
    return float(count) if count.bit_length() < 1024 else math.inf


def power(base: float, count: int) -> float:
    """base^count for |base| ≤ 1 and a whole number of any size."""
    return float(base) ** count if count.bit_length() < 1024 else float(abs(base) == 1)


def log_product(factor: float, count: int) -> float:
    """ln(factor·count) for a whole number of any size, −∞ where either is 0."""
    return math.log(factor) + math.log(count) if factor > 0 and count > 0 else -math.inf


class Unknown(LookupError):
    """A constant that the formula needs is not at hand; the message names it."""


def known(value: T | None, name: str) -> T:
    """`value`. Raises Unknown(name) when it is None."""
    if value is None:
        raise Unknown(name)
    return value


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """A condition with a signed slack: inside the theorem's domain where it is ≥ 0 (> 0 when strict)."""

    name: str
    slack: Callable[[Constants], float]
    message: str
    strict: bool = False

    def holds(self, constants: Constants) -> bool:
        """Whether these constants are inside; NaN is outside."""
        slack = self.slack(constants)
        return slack > 0 if self.strict else slack >= 0


@dataclass(frozen=True, kw_only=True)
class Bound:
    """One claim: `quantity` ≤ value(constants) wherever every assumption holds.

    id           with `quantity` the identity of the claim; a changed formula gets a new id
    kind         sure: on every S. expectation: over draws. probability: 1 − δ
    statement    LaTeX, all constants in it
    reference    paper and theorem number, or "this project"
    formula      Constants → one number, one a sample for a quantity `….each`, or an Interval for an estimate;
                 whatever was solved numerically enters with the end that makes the bound larger
    proven       False for a conjecture: its violation is reported, and is no failure of a run
    """

    id: str
    title: str
    quantity: str
    statement: str
    reference: str
    formula: Callable[[Constants], float | Floats | Interval]
    assumptions: tuple[Assumption, ...] = ()
    kind: Kind = "sure"
    proven: bool = True

    @property
    def side(self) -> str:
        """Bounds are upper bounds."""
        return "upper"

    def value(self, constants: Constants) -> float | Floats | Interval:
        """The bound at these constants. Raises Unknown when one it needs is None; looks at no assumption."""
        return self.formula(constants)
