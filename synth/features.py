"""Features of a frozen random network: what a head sees on top of a model it does not train."""

import numpy as np

from synth.family import Sample
from synth.geometry import directions
from synth.spec import TaskSpec
from synth.task import Floats


def network(spec: TaskSpec, population: np.random.Generator, rng: np.random.Generator) -> Sample:
    """x = radius/√d · a(W₂ a(W₁ g)), g ~ N(0, I) in `inputs` dimensions; y = sign ⟨v, g⟩ of a linear teacher.

    a is tanh, or √2 max(·, 0) where relu = 1. W₁ has 2d rows; weights are Gaussian with variance 1/fan-in, so
    E‖x‖² = radius² for relu, and ‖x‖ ≤ radius for tanh.
    """
    inputs, hidden = int(spec.params["inputs"]), 2 * spec.d
    first = population.standard_normal((hidden, inputs)) / np.sqrt(inputs)
    second = population.standard_normal((spec.d, hidden)) / np.sqrt(hidden)
    teacher = directions(population, 1, inputs)[0]
    g = rng.standard_normal((spec.n, inputs))
    activate = _relu if spec.params["relu"] else np.tanh
    features = activate(_apply(second, activate(_apply(first, g))))
    labels = np.where((g * teacher).sum(axis=1) >= 0, 1, -1)
    return Sample(spec.params["radius"] / np.sqrt(spec.d) * features, labels)


def _apply(weights: Floats, rows: Floats) -> Floats:
    """W x for every row x; einsum's own loop, for the same bits under any number of BLAS threads."""
    return np.asarray(np.einsum("nj,ij->ni", rows, weights))


def _relu(x: Floats) -> Floats:
    return np.maximum(x, 0) * 2**0.5
