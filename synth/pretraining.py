"""Pairs of a source to pre-train on and a target to tune on, whose populations lie a chosen angle apart.

Latent points z in r dimensions, on either side of a gap along a teacher v; inputs x = B z + noise·e in p dimensions.
Every principal angle between the columns of the target's B_t and those of the source's B_s is shift·π/2.

The target does not know of the source: equal seed and index give the same target whatever the shift, its first n samples
are the same whatever n, and its latent points whatever the noise. So factors are varied one at a time, on paired tasks.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from synth.seeds import SeedPath, stream
from synth.task import BadTask, Floats, Ints, Task


@dataclass(frozen=True, eq=False, kw_only=True)
class TransferTask:
    """What a network is pre-trained on, and what it is then tuned on; arrays are read-only.

    source                    (m, p) float64, unlabelled
    inputs, labels            (n, p) float64, (n,) int64 −1/+1: the target
    test_inputs, test_labels  (k, p), (k,): more of the target's population
    planted                   angle (radians), shift, latent_margin, noise, factors
    seed_path                 of the pair, the same for every draw of the target
    """

    source: Floats
    inputs: Floats
    labels: Ints
    test_inputs: Floats
    test_labels: Ints
    name: str = "transfer"
    planted: Mapping[str, float] = field(default_factory=dict)
    seed_path: SeedPath = ()

    def __post_init__(self) -> None:
        for array in (self.source, self.inputs, self.labels, self.test_inputs, self.test_labels):
            array.setflags(write=False)

    @property
    def samples(self) -> int:
        """n."""
        return len(self.inputs)

    @property
    def dimension(self) -> int:
        """p."""
        return int(self.inputs.shape[1])

    @property
    def target(self) -> Task:
        """The target as a task of its own, for a head on the plain inputs."""
        return Task(self.inputs, self.labels, name=self.name, family="transfer", seed_path=self.seed_path)


def transfer_task(
    *,
    n: int,
    inputs: int = 16,
    factors: int = 4,
    shift: float = 0.0,
    margin: float = 0.5,
    noise: float = 0.1,
    source_samples: int = 512,
    test_samples: int = 256,
    seed: int = 0,
    index: int = 0,
    draw: int = 0,
    name: str | None = None,
) -> TransferTask:
    """Pair number `index` below `seed`; it depends on no other index.

    n, source_samples, test_samples   how many, all independent
    inputs, factors  p and r, 2r ≤ p so that there is room for orthogonal subspaces
    shift            0: source and target are one population; 1: their subspaces are orthogonal
    margin           y⟨v, z⟩ ≥ margin: y⟨v, z⟩ = margin + |g|, g ~ N(0, 1); the other coordinates of z are N(0, 1)
    noise            deviation of each coordinate of the noise
    draw             of the target's samples: 1, 2, … are fresh ones, of the same population

    Raises BadTask, with one line, where no such pair exists.
    """
    if not 1 <= factors <= inputs // 2:
        raise BadTask(f"factors: {factors} must be from 1 to half of the inputs, {inputs // 2}")
    if not 0 <= shift <= 1:
        raise BadTask(f"shift: {shift} must be from 0 (one population) to 1 (orthogonal subspaces)")
    for word, size in (("margin", margin), ("noise", noise)):
        if not 0 <= size < math.inf:
            raise BadTask(f"{word}: {size} must be a finite number, 0 or more")
    for word, count, least in (("n", n, 2), ("source_samples", source_samples, 1), ("test_samples", test_samples, 0)):
        if count < least:
            raise BadTask(f"{word}: {count} must be {least} or more")
    path: SeedPath = ("transfer", index)
    population = stream(seed, *path, "population")
    axes = np.linalg.qr(population.standard_normal((inputs, 2 * factors)))[0]
    teacher = population.standard_normal(factors)
    teacher /= np.linalg.norm(teacher)
    angle = shift * math.pi / 2
    own, away = axes[:, :factors], axes[:, factors:]

    def sample(count: int, basis: Floats, *purpose: str | int) -> tuple[Floats, Ints]:
        def rng(of: str) -> np.random.Generator:
            return stream(seed, *path, *purpose, of)

        labels = rng("labels").choice(np.array((-1, 1)), count)
        latent = rng("latent").standard_normal((count, factors))
        heights = (latent * teacher).sum(axis=1)
        latent += (labels * (margin + np.abs(heights)) - heights)[:, None] * teacher
        # einsum's own loop: row by row, so that a sample's bits do not depend on how many there are
        clean = np.einsum("nr,pr->np", latent, basis)
        return clean + noise * rng("noise").standard_normal((count, inputs)), labels

    source, _ = sample(source_samples, math.cos(angle) * own + math.sin(angle) * away, "source")
    target, labels = sample(n, own, "target", draw)
    test_inputs, test_labels = sample(test_samples, own, "test")
    return TransferTask(
        source=source,
        inputs=target,
        labels=labels,
        test_inputs=test_inputs,
        test_labels=test_labels,
        name=name or f"transfer-{index}" + (f"/draw{draw}" if draw else ""),
        planted={"angle": angle, "shift": shift, "latent_margin": margin, "noise": noise, "factors": factors},
        seed_path=(seed, *path),
    )
