"""Mixtures of Gaussians with a controlled spectrum: rare classes, wrong labels, many classes."""

import numpy as np

from synth.family import Sample
from synth.geometry import directions
from synth.spec import TaskSpec
from synth.task import Floats


def mixture(spec: TaskSpec, population: np.random.Generator, rng: np.random.Generator) -> Sample:
    """x = scale · (y · mean + noise), noise ~ N(0, Λ), Λ_j ∝ j^(−decay), tr Λ = 1.

    P(y = +1) = positive; the class means are `separation` standard deviations apart, measured along the line
    that joins them; a share `flip` of the labels is then turned round. scale makes E‖x‖² = radius².
    """
    p = spec.params
    spectrum = _spectrum(spec.d, p["decay"])
    axis = directions(population, 1, spec.d)[0]
    mean = 0.5 * p["separation"] * np.sqrt((spectrum * axis**2).sum()) * axis
    labels = np.where(rng.uniform(size=spec.n) < p["positive"], 1, -1)
    features = labels[:, None] * mean + rng.standard_normal((spec.n, spec.d)) * np.sqrt(spectrum)
    wrong = rng.uniform(size=spec.n) < p["flip"]
    scale = p["radius"] / np.sqrt(1 + (mean**2).sum())
    return Sample(scale * features, np.where(wrong, -labels, labels))


def multiclass(spec: TaskSpec, population: np.random.Generator, rng: np.random.Generator) -> Sample:
    """x = scale · (separation · c_y + noise), y uniform, c_k random unit vectors, noise as in the mixture."""
    p = spec.params
    centres = p["separation"] * directions(population, spec.classes, spec.d)
    labels = rng.integers(spec.classes, size=spec.n)
    noise = rng.standard_normal((spec.n, spec.d)) * np.sqrt(_spectrum(spec.d, p["decay"]))
    scale = p["radius"] / np.sqrt(1 + p["separation"] ** 2)
    return Sample(scale * (centres[labels] + noise), labels)


def _spectrum(d: int, decay: float) -> Floats:
    """Eigenvalues j^(−decay), j = 1..d, over their sum."""
    values = np.arange(1.0, d + 1) ** -decay
    share: Floats = values / values.sum()
    return share
