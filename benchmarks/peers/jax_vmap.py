"""One replica's descent as a fori_loop, under vmap over replicas and over tasks, under jit."""

import jax
import jax.numpy as jnp
from jax import Array, lax

from benchmarks.peers import Ready
from benchmarks.peers.xla import Descend, best_of
from benchmarks.problem import Problem


def _tanh(z: Array, eta: Array, mask: Array, steps: int) -> Array:
    # the gradient by hand: jax.grad of the loss takes two to five times as long
    def step(_: int, w: Array) -> Array:
        return w + (weight * (1 - jnp.tanh(half @ w))) @ z

    half, weight = z / 2, eta / 2 * mask
    return lax.fori_loop(0, steps, step, jnp.zeros_like(z[0]))


def _sigmoid(z: Array, eta: Array, mask: Array, steps: int) -> Array:
    def step(_: int, w: Array) -> Array:
        return w + eta * ((mask * jax.nn.sigmoid(-(z @ w))) @ z)

    return lax.fori_loop(0, steps, step, jnp.zeros_like(z[0]))


def _batched(one: Descend) -> Descend:
    def descend(z: Array, eta: Array, masks: Array, steps: int) -> Array:
        return jax.vmap(jax.vmap(one, (None, None, 0, None)), (0, 0, None, None))(z, eta, masks, steps)

    return descend


def ready(problem: Problem) -> Ready:
    return best_of({"tanh": _batched(_tanh), "sigmoid": _batched(_sigmoid)}, problem)
