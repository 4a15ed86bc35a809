"""Points with small whole coordinates: copies, opposites, right angles and zeros come up often, and bounds are attained there."""

import numpy as np

from synth.family import Sample
from synth.spec import TaskSpec


def lattice(spec: TaskSpec, population: np.random.Generator, rng: np.random.Generator) -> Sample:
    """Coordinates uniform on −height … height, labels by a fair coin."""
    height = int(spec.params["height"])
    features = rng.integers(-height, height + 1, (spec.n, spec.d)).astype(np.float64)
    return Sample(features, rng.choice([-1, 1], spec.n))


def axes(spec: TaskSpec, population: np.random.Generator, rng: np.random.Generator) -> Sample:
    """Sample i on axis i mod d of a turned frame: samples at right angles, each alone in what it pulls, copies where n > d."""
    frame, _ = np.linalg.qr(rng.standard_normal((spec.d, spec.d)))
    features = frame[np.arange(spec.n) % spec.d] * spec.params["radius"]
    labels = rng.choice([-1, 1], spec.n)
    return Sample(features * labels[:, None], labels)
