"""Worked constants, inside the domain of every bound that wants no l2 term; `inside` has them for the others too."""

from dataclasses import replace

import numpy as np

from theory.bound import Bound, Constants
from theory.interval import Interval


def _between(low: float, high: float) -> Interval:
    return Interval(value=(low + high) / 2, low=low, high=high)


EXAMPLE = Constants(
    samples=4, dimension=2, sample_norms=np.array([1.0, 2.0, 1.0, 0.5]), steps=10, step_size=0.5, smoothness=1.0,
    sample_smoothness=2.0, weight_norm=3.0, distance=2.9, travel=2.9, gradient_bound=1.5,
    certificates=np.array([0.1, 0.2, 0.0, 0.4]), losses=np.array([0.1, 0.5, 0.01, 1.0]), twin_distance=0.05, twin_turn=0.01,
    twin_norm=3.1, twin_travel=3.0, twin_certificates=np.array([0.1, 0.3, 0.0, 0.5]),
    twin_losses=np.array([0.09, 0.45, 0.01, 0.9]), twin_loss_changes=np.array([0.01, 0.05, 0.0, 0.1]), early_step=4,
    early_weights=np.array([9.0, 1.0]), margin=_between(0.2, 0.21), angular_margin=_between(0.3, 0.31),
    rows=np.array([[1.0, 0.0], [0.2, 2.0], [1.0, 0.1], [0.5, 0.0]]), row_sample=np.arange(4),
    dual=np.array([0.0, 0.2, 0.0, 1.0]), class_gap=1.0, class_spread=9.0, signed_margin=0.2, reached_margin=0.1,
    machine_sines=np.array([0.0, 0.5, 0.0, 0.9]), left_out_margins=np.array([0.21, 0.3, 0.21, 0.5]),
    minimiser_pulls=np.array([0.1, 0.3, 0.2, 0.2]), minimiser_gradient=1.0, interpolation=0.1, interpolant_distance=2.0,
    pl=0.1, init_scale=1.0, seeds=32, draws=32, independent=True, efron_stein=_between(0.2, 0.4),
)  # fmt: skip


# the same after very many steps, where no minimum, maximum or trivial value hides what a formula depends on
LATER = replace(
    EXAMPLE, steps=10**40, early_step=10**20, early_weights=np.array([220.0, 40.0]), weight_norm=500.0,
    certificates=np.array([1.0, 2.0, 0.5, 4.0]), twin_certificates=np.array([0.1, 0.3, 0.1, 0.5]),
    rows=np.array([[1.0, 0.0], [0.2, 2.0], [1.1, 0.1], [0.5, 1.4]]), dual=np.array([0.9, 0.2, 0.0, 0.0]),
)  # fmt: skip


def inside(bound: Bound) -> tuple[Constants, Constants]:
    """Constants inside the domain of the bound, early and late."""
    l2 = 0.5 if any(a.name == "l2" for a in bound.assumptions) else 0.0
    return replace(EXAMPLE, l2=l2), replace(LATER, l2=l2)
