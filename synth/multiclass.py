"""Many classes that a linear head separates for sure."""

import numpy as np

from synth.family import Sample
from synth.geometry import directions
from synth.spec import BadSuite, TaskSpec


def multiclass_planted(spec: TaskSpec, population: np.random.Generator, rng: np.random.Generator) -> Sample:
    """x uniform in a ball around the unit vector c_y; the balls reach `noise` < 1 of the way to touching.

    The head w_k = c_k separates: ⟨c_y − c_k, c_y + e⟩ ≥ ½‖c_y − c_k‖² − ‖e‖‖c_y − c_k‖ > 0.
    All is scaled so that ‖x‖ ≤ radius.
    """
    if spec.d < 2:
        raise BadSuite(f"{spec.name}: {spec.family} needs d ≥ 2, a line has but two directions; got d = {spec.d}")
    centres = directions(population, spec.classes, spec.d)
    gaps = np.linalg.norm(centres[:, None] - centres, axis=2)
    reach = spec.params["noise"] * gaps[~np.eye(spec.classes, dtype=bool)].min() / 2
    labels = rng.integers(spec.classes, size=spec.n)
    lengths = reach * rng.uniform(size=(spec.n, 1)) ** (1 / spec.d)
    features = centres[labels] + lengths * directions(rng, spec.n, spec.d)
    return Sample(features * (spec.params["radius"] / (1 + reach)), labels)
