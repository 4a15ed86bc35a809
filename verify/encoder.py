"""The layers below a head, as numbers: what pre-training leaves behind and tuning starts from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.seeds import SeedPath, stream
from verify.tuning import BadTuning

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Encoder:
    """φ = tanh(W_L … tanh(W_1 x + b_1) … + b_L).

    weights  L arrays (*A, h_l, h_{l−1}), h_0 = p
    biases   L arrays (*A, h_l)

    A is () for one encoder that all members of a job start from, (R,) for one a member.
    """

    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]

    def __post_init__(self) -> None:
        if not self.weights or len(self.weights) != len(self.biases):
            raise BadTuning(
                f"encoder: as many weights as biases, 1 or more; got {len(self.weights)}, {len(self.biases)}"
            )
        below = self.weights[0].shape[-1]
        for weight, bias in zip(self.weights, self.biases, strict=True):
            fits = weight.ndim in (2, 3) and weight.shape[-1] == below and bias.shape == weight.shape[:-1]
            if not fits or weight.shape[:-2] != self.weights[0].shape[:-2]:
                raise BadTuning(f"encoder: a layer on {below} features has weights {weight.shape}, biases {bias.shape}")
            below = weight.shape[-2]

    @property
    def inputs(self) -> int:
        """p."""
        return int(self.weights[0].shape[-1])

    @property
    def widths(self) -> tuple[int, ...]:
        """h_1, …, h_L."""
        return tuple(int(bias.shape[-1]) for bias in self.biases)

    @property
    def members(self) -> int | None:
        """R, or None where all members share one."""
        return len(self.weights[0]) if self.weights[0].ndim == 3 else None

    def features(self, inputs: Floats) -> Floats:
        """φ (*A, n, h) of inputs (n, p)."""
        below = inputs
        for weight, bias in zip(self.weights, self.biases, strict=True):
            below = np.tanh(below @ np.swapaxes(weight, -1, -2) + bias[..., None, :])
        return below


def drawn_encoder(*, inputs: int, widths: tuple[int, ...], seed: int, path: SeedPath = ()) -> Encoder:
    """An encoder that was never trained: weights N(0, 1/fan-in), biases 0; drawn at `path` below the seed."""
    rng = stream(seed, *path, "encoder")
    shapes = list(zip(widths, (inputs, *widths), strict=False))
    weights = tuple(rng.standard_normal(shape) / np.sqrt(shape[1]) for shape in shapes)
    return Encoder(weights, tuple(np.zeros(width) for width in widths))
