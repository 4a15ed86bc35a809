"""Other ways to do the same, each as its own documentation advises, on all cores.

A peer's module has `ready(problem) -> Ready`: data in place, compiled and tuned, and only then timed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from benchmarks.pairs import seconds
from benchmarks.problem import Array, Problem

MODULES = {
    "torch-loop": "torch_loop",
    "torch-vmap": "torch_vmap",
    "torch-batched": "torch_batched",
    "jax-vmap": "jax_vmap",
    "jax-batched": "jax_batched",
}
LOOPS = ("torch-loop",)  # their cost is so many times that of one task; the others live from having many
TOLERANCES = {"float64": 1e-9, "float32": 1e-4}


@dataclass(frozen=True, kw_only=True)
class Ready:
    """run: the whole descent, done when it returns. weights: its result as (T, n, d). variant: the form that was fastest."""

    run: Callable[[], Any]
    weights: Callable[[Any], Array]
    compile_s: float = 0.0
    variant: str = ""


class WrongAnswer(AssertionError):
    """A peer's replicas are not ours."""


class Absent(Exception):
    """A peer's library is not installed."""


def ready_by(name: str) -> Callable[[Problem], Ready]:
    """The peer called `name`. Raises Absent, naming the extra, where its library is not installed."""
    try:
        return import_module(f"benchmarks.peers.{MODULES[name]}").ready
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("benchmarks"):
            raise
        raise Absent(f"{name} needs {error.name}: pip install -c constraints.txt -e '.[bench]'") from error


def fastest(candidates: list[Ready], repeats: int = 3) -> Ready:
    """The one with the shortest run, each warmed up."""

    def shortest(one: Ready) -> float:
        one.run()
        return min(seconds(one.run) for _ in range(repeats))

    return min(candidates, key=shortest) if len(candidates) > 1 else candidates[0]
