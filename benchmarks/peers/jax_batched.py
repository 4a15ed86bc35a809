"""Batched by hand under jit: two batched products a step, for all tasks at once or a few at a time (lax.map)."""

import jax.numpy as jnp
from jax import Array, lax

from benchmarks.peers import Ready
from benchmarks.peers.xla import Descend, best_of
from benchmarks.problem import Problem


def _einsum(z: Array, eta: Array, masks: Array, steps: int) -> Array:
    def step(_: int, w: Array) -> Array:
        pull = weights * (1 - jnp.tanh(jnp.einsum("trd,tnd->trn", w, half)))
        return w + jnp.einsum("trn,tnd->trd", pull, z)

    half, weights = z / 2, eta[:, None, None] / 2 * masks
    return lax.fori_loop(0, steps, step, jnp.zeros((len(z), len(masks), z.shape[2]), z.dtype))


def _matmul(z: Array, eta: Array, masks: Array, steps: int) -> Array:
    def step(_: int, w: Array) -> Array:
        return w + (weights * (1 - jnp.tanh(w @ half))) @ z

    half, weights = jnp.swapaxes(z, 1, 2) / 2, eta[:, None, None] / 2 * masks
    return lax.fori_loop(0, steps, step, jnp.zeros((len(z), len(masks), z.shape[2]), z.dtype))


def _transposed(z: Array, eta: Array, masks: Array, steps: int) -> Array:
    def step(_: int, w: Array) -> Array:
        return w + zt @ (weights * (1 - jnp.tanh(half @ w)))

    half, zt, weights = z / 2, jnp.swapaxes(z, 1, 2), eta[:, None, None] / 2 * masks.T
    w = lax.fori_loop(0, steps, step, jnp.zeros((len(z), z.shape[2], len(masks)), z.dtype))
    return jnp.swapaxes(w, 1, 2)


def _few_at_a_time(form: Descend, size: int) -> Descend:
    """What fits the cache runs to its end before the next begins."""

    def descend(z: Array, eta: Array, masks: Array, steps: int) -> Array:
        few = size if len(z) % size == 0 else 1
        groups = z.reshape(-1, few, *z.shape[1:]), eta.reshape(-1, few)
        done = lax.map(lambda group: form(*group, masks, steps), groups)
        return done.reshape(len(z), len(masks), z.shape[2])

    return descend


FORMS: dict[str, Descend] = {
    "einsum": _einsum,
    "matmul": _matmul,
    "transposed": _transposed,
    "one task at a time": _few_at_a_time(_einsum, 1),
    "eight tasks at a time": _few_at_a_time(_einsum, 8),
}


def ready(problem: Problem) -> Ready:
    return best_of(
        FORMS if len(problem.tasks) > 1 else {k: FORMS[k] for k in ("einsum", "matmul", "transposed")}, problem
    )
