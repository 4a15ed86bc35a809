"""Separable tasks whose maximum margin is known exactly, because its certificate is planted.

Take a unit vector u; support vectors z_i = γu + p_i, p_i ⟂ u, with convex weights a such that Σ a_i p_i = 0;
all other points with ⟨u, z⟩ ≥ γ. Then u has margin γ, and Σ a_i z_i = γu shows that no direction has more.
"""

from dataclasses import replace

import numpy as np

from synth.family import Sample
from synth.geometry import around, directions, unit
from synth.spec import TaskSpec
from synth.task import Floats


def planted_sphere(spec: TaskSpec, population: np.random.Generator, rng: np.random.Generator) -> Sample:
    """Support vectors in the ball of radius B, all other points on its sphere, anywhere above the margin."""
    z, weights = _sphere(spec, directions(population, 1, spec.d)[0], rng)
    return _labelled(z, weights, spec.params["radius"], rng)


def planted_gaussian(spec: TaskSpec, population: np.random.Generator, rng: np.random.Generator) -> Sample:
    """Gaussian parts perpendicular to u, with standard deviations j^(−decay/2) in random order."""
    u = directions(population, 1, spec.d)[0]
    scales = population.permutation(np.arange(1.0, spec.d) ** (-spec.params["decay"] / 2))
    heights, weights = _heights(spec, rng)
    parts = rng.standard_normal((spec.n, spec.d - 1)) * scales
    _balance(parts, weights)
    parts *= _largest_scale(parts, heights, spec.params["radius"])
    return _labelled(around(u, heights, parts), weights, spec.params["radius"], rng)


def duplicates(spec: TaskSpec, population: np.random.Generator, rng: np.random.Generator) -> Sample:
    """A share `distinct` of the n points (at least two) from planted-sphere, the others exact copies."""
    count = max(2, round(spec.params["distinct"] * spec.n))
    few = planted_sphere(replace(spec, n=count), population, rng)
    copies = rng.permutation(np.append(np.arange(count), rng.integers(count, size=spec.n - count)))
    return Sample(few.features[copies], few.labels[copies], few.planted)


def outliers(spec: TaskSpec, population: np.random.Generator, rng: np.random.Generator) -> Sample:
    """A planted-sphere cloud of radius B/leverage, and a few points of norm B beyond its margin.

    The margin ratio is the cloud's: γ = margin_ratio · B/leverage.
    """
    radius, far = spec.params["radius"], min(int(spec.params["outliers"]), spec.n - 1)
    cloud = replace(spec, n=spec.n - far, params={**spec.params, "radius": radius / spec.params["leverage"]})
    u = directions(population, 1, spec.d)[0]
    near, weights = _sphere(cloud, u, rng)
    margin = spec.params["margin_ratio"] * cloud.params["radius"]
    heights = rng.uniform(margin, radius, far) if spec.d > 1 else np.full(far, radius)
    parts = directions(rng, far, spec.d - 1) * _room(heights, radius)[:, None]
    return _labelled(np.vstack((near, around(u, heights, parts))), weights, radius, rng)


def cap(spec: TaskSpec, population: np.random.Generator, rng: np.random.Generator) -> Sample:
    """z uniform on a half sphere of radius B, its height h lifted to γ + (1 − γ/B)h: ⟨u, z⟩ ≥ γ always."""
    radius, margin = spec.params["radius"], spec.params["margin_ratio"] * spec.params["radius"]
    u = directions(population, 1, spec.d)[0]
    points = directions(rng, spec.n, spec.d)
    heights = margin + (radius - margin) * np.abs(points[:, 0])
    parts = unit(points[:, 1:]) * _room(heights, radius)[:, None]
    labels = rng.choice((-1, 1), spec.n)
    features = labels[:, None] * around(u, heights, parts)
    return Sample(features, labels, {"margin_low": margin, "radius": radius})


def _sphere(spec: TaskSpec, u: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """The signed points z (n, d) of planted-sphere around u, and the weights of the support vectors."""
    radius = spec.params["radius"]
    heights, weights = _heights(spec, rng)
    parts = directions(rng, spec.n, spec.d - 1)
    support, others = parts[: len(weights)], parts[len(weights) :]
    support *= rng.uniform(0.2, 1.0, (len(weights), 1))
    _balance(parts, weights)
    support *= _largest_scale(support, heights[: len(weights)], radius)
    others *= _room(heights[len(weights) :], radius)[:, None]
    return around(u, heights, parts), weights


def _heights(spec: TaskSpec, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """⟨u, z_i⟩ (n,), and the convex weights of the support vectors, which come first."""
    radius, margin = spec.params["radius"], spec.params["margin_ratio"] * spec.params["radius"]
    most = min(spec.n, spec.d)  # more would depend on each other, and their weights not be unique
    count = int(rng.integers(2, most + 1)) if most > 1 else 1
    weights = rng.dirichlet(np.full(count, 3.0)) + 0.1 / count  # none near zero
    heights = margin + (radius - margin) * spec.params["spread"] * rng.uniform(size=spec.n)
    heights[:count] = margin
    if spec.d == 1 and spec.n > 1:
        heights[-1] = radius  # on a line there is no other way to reach the radius
    return heights, weights / weights.sum()


def _balance(parts: Floats, weights: Floats) -> None:
    """Moves the support vectors' parts, in place, to Σ a_i p_i = 0."""
    support = parts[: len(weights)]
    support -= (weights[:, None] * support).sum(axis=0)


def _room(heights: Floats, radius: float) -> Floats:
    """How long a perpendicular part may be: √(B² − h²)."""
    return np.sqrt(np.maximum(radius - heights, 0) * (radius + heights))


def _largest_scale(parts: Floats, heights: Floats, radius: float) -> float:
    """The factor for the parts that puts the farthest point on the sphere and all others inside."""
    norms = np.linalg.norm(parts, axis=1)
    some = norms > 0
    return float((_room(heights, radius)[some] / norms[some]).min(initial=np.inf)) if some.any() else 0.0


def _labelled(z: Floats, weights: Floats, radius: float, rng: np.random.Generator) -> Sample:
    """Random labels, both present, and a random order; margin and radius planted."""
    labels = rng.choice((-1, 1), len(z))
    labels[rng.choice(len(z), 2, replace=False)] = (-1, 1)
    order = rng.permutation(len(z))
    planted = {"margin": _margin(z[: len(weights)], weights), "radius": radius}
    return Sample((labels[:, None] * z)[order], labels[order], planted)


def _margin(support: Floats, weights: Floats) -> float:
    """‖Σ a_i z_i‖: the margin of the points as rounded.

    Rounding moves ⟨u, z_i⟩ by 1e-16 B, which is 1e-13 γ when γ = B/1000. The true margin moves with it, the
    dual value follows it up to second order, and long doubles add that up without rounding again.
    """
    a = weights.astype(np.longdouble)
    total = (a[:, None] * support).sum(axis=0) / a.sum()
    return float(np.sqrt((total * total).sum()))
