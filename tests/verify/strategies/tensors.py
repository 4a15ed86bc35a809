"""What the tests of the strategies share: seeded tensors, and equality to rounding."""

import numpy as np
import torch
from numpy.testing import assert_allclose
from tolerances import tolerance
from torch import nn

from verify.solvers.strategies import MaskedFeatures

RTOL = tolerance("formula")
STACKS = [(), (3,), (2, 3)]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def gaussian(*shape, seed=0, grad=False):
    return torch.randn(shape, dtype=torch.float64, generator=seeded(seed)).requires_grad_(grad)


def alike(got, wanted):
    assert_allclose(np.asarray(got.detach()), np.asarray(wanted), rtol=RTOL, atol=RTOL)


def low_rank(n=200, d=8, rank=2):
    """Features in which the seen entries tell the masked ones."""
    return (gaussian(n, rank) @ gaussian(rank, d, seed=1)).float()


def masked_setting(seed=0):
    torch.manual_seed(seed)
    encoder = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 16))
    return encoder, MaskedFeatures(nn.Linear(16, 8), rate=0.3)
