"""Random numbers in the shape of a tensor, drawn where the generator lives: a CPU generator gives a GPU the same draws."""

import torch
from torch import Generator, Tensor


def uniform(like: Tensor, generator: Generator | None) -> Tensor:
    """In [0, 1), float32; torch's global generator without one."""
    return torch.rand(like.shape, generator=generator, device=_home(like, generator)).to(like.device)


def normal(like: Tensor, generator: Generator | None) -> Tensor:
    """Standard Gaussian, in the dtype of `like`."""
    home = _home(like, generator)
    return torch.randn(like.shape, generator=generator, device=home, dtype=like.dtype).to(like.device)


def whole_below(most: int, like: Tensor, generator: Generator | None) -> Tensor:
    """0 … most − 1, in the dtype of `like`."""
    home = _home(like, generator)
    return torch.randint(most, like.shape, generator=generator, device=home, dtype=like.dtype).to(like.device)


def _home(like: Tensor, generator: Generator | None) -> torch.device:
    return like.device if generator is None else generator.device
