"""A classification task: features, labels, and what is known of them by construction."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.seeds import SeedPath

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LARGEST, SMALLEST = 1e150, 1e-150  # beyond them ‖x‖² overflows, or vanishes


class BadTask(ValueError):
    """The data do not make a task; the message is one line for the person who brought them."""


@dataclass(frozen=True, eq=False)
class Task:
    """n samples in d dimensions.

    features  (n, d) float64, finite, read-only
    labels    (n,) int64, read-only: −1/+1 when there are two classes, 0..K−1 when there are more
    planted   facts known by construction, by name: margin, margin_low, radius
    class_count  K, where the labels need not show every class; read from the labels if not given
    """

    features: Floats
    labels: Ints
    name: str = "task"
    family: str = "user"
    planted: Mapping[str, float] = field(default_factory=dict)
    seed_path: SeedPath = ()
    class_count: int | None = None

    def __post_init__(self) -> None:
        """Checks everything and freezes it."""
        features, labels = np.array(self.features, np.float64, order="C"), np.array(self.labels, np.int64)
        if features.ndim != 2 or features.shape[1] < 1:
            raise BadTask(f"features must have shape (n, d) with d ≥ 1; got {features.shape}")
        if labels.shape != features.shape[:1]:
            raise BadTask(f"labels must have shape ({len(features)},), one a sample; got {labels.shape}")
        if len(features) < 2:
            raise BadTask(f"a task needs at least 2 samples; got {len(features)}")
        if not np.isfinite(features).all():
            i, j = np.argwhere(~np.isfinite(features))[0]
            raise BadTask(f"features must be finite; features[{i}, {j}] is {features[i, j]}")
        if (largest := np.abs(features).max()) > LARGEST:
            raise BadTask(f"features must be at most {LARGEST:.0e}, their squares are summed; one is {largest:.3g}")
        if 0 < largest < SMALLEST:
            raise BadTask(
                f"features must reach {SMALLEST:.0e} or be 0, their squares are summed; the largest is {largest:.3g}"
            )
        for array in (features, labels):
            array.setflags(write=False)
        object.__setattr__(self, "features", features)
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "planted", MappingProxyType(dict(self.planted)))
        allowed = (-1, 1) if self.classes == 2 else range(self.classes)
        if not np.isin(labels, allowed).all():
            wrong = labels[~np.isin(labels, allowed)][0]
            right = "−1 and +1" if self.classes == 2 else f"0..{self.classes - 1}"
            raise BadTask(f"labels of {self.classes} classes must be {right}; one is {wrong}")

    def __reduce__(self) -> tuple[type["Task"], tuple[object, ...]]:
        """Pickle by the constructor's arguments, since the planted facts' proxy cannot be pickled."""
        plain = (self.features, self.labels, self.name, self.family, dict(self.planted), self.seed_path)
        return Task, (*plain, self.class_count)

    @property
    def samples(self) -> int:
        """n, how many samples."""
        return len(self.features)

    @property
    def dimension(self) -> int:
        """d, how many features."""
        return int(self.features.shape[1])

    @property
    def classes(self) -> int:
        """K: as given; else 2 for labels −1/+1, and the largest label plus one for others."""
        if self.class_count is not None:
            return self.class_count
        return 2 if self.labels.min() < 0 or self.labels.max() < 2 else int(self.labels.max()) + 1

    @property
    def signed(self) -> Floats:
        """z_i = y_i x_i, shape (n, d). Raises BadTask for more than two classes."""
        if self.classes != 2:
            raise BadTask(f"signed features need two classes; this task has {self.classes}")
        return self.features * self.labels[:, None]

    @property
    def radius(self) -> float:
        """B = max ‖x_i‖, in the units of the features."""
        return float(np.linalg.norm(self.features, axis=1).max())

    @property
    def content_hash(self) -> str:
        """SHA-256 of shape, K, features and labels; the name does not enter."""
        digest = hashlib.sha256(repr((*self.features.shape, self.classes)).encode())
        digest.update(self.features.tobytes())
        digest.update(self.labels.tobytes())
        return digest.hexdigest()


def from_arrays(features: ArrayLike, labels: ArrayLike, name: str = "task") -> Task:
    """A task from somebody's own arrays.

    features  (n, d) real numbers
    labels    (n,) integers, booleans or integer-valued floats, two or more classes; of two, the larger is +1

    Raises BadTask, with one line, for anything else.
    """
    x, y = np.asarray(features), np.asarray(labels)
    if x.dtype.kind not in "fiub":
        raise BadTask(f"features must be real numbers; got dtype {x.dtype}")
    if y.dtype.kind not in "fiub":
        raise BadTask(f"labels must be integers; got dtype {y.dtype}")
    if y.ndim != 1:
        raise BadTask(f"labels must have shape (n,); got {y.shape}")
    if y.dtype.kind == "f" and not (np.isfinite(y).all() and (y == np.round(y)).all()):
        bad = y[~(np.isfinite(y) & (y == np.round(y)))][0]
        raise BadTask(f"labels must be integers; one is {bad}")
    values, coded = np.unique(y, return_inverse=True)
    if x.ndim == 2 and len(y) == len(x) >= 2 and len(values) < 2:
        raise BadTask(f"labels must name at least two classes; all {len(y)} are {values[0]}")
    return Task(x, 2 * coded - 1 if len(values) == 2 else coded, name=name)
