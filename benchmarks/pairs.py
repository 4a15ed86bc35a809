"""Paired timing: ours, the peer, ours, the peer …, so that a busy moment of the machine meets both."""

import time
from collections.abc import Callable
from dataclasses import dataclass

LONG = 8.0  # seconds a pair; longer ones are repeated less


@dataclass(frozen=True)
class Pairs:
    """The pair whose ratio is the median of all, and the smallest and the largest ratio."""

    ours_s: float
    peer_s: float
    low: float
    high: float
    repeats: int


def seconds(run: Callable[[], object]) -> float:
    """Wall-clock time of one run."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def paired(
    ours: Callable[[], object], peer: Callable[[], object], *, scale: float = 1.0, repeats: int | None = None
) -> Pairs:
    """Both must be warm. `scale` makes a peer's run on a part of the problem up to the whole; odd repeats, 5 or 3."""
    pairs = [(seconds(ours), scale * seconds(peer))]
    if repeats is None:
        repeats = 5 if pairs[0][0] + pairs[0][1] / scale < LONG else 3
    while len(pairs) < repeats:
        pairs.append((seconds(ours), scale * seconds(peer)))
    pairs.sort(key=lambda pair: pair[1] / pair[0])
    ours_s, peer_s = pairs[len(pairs) // 2]
    return Pairs(ours_s, peer_s, pairs[0][1] / pairs[0][0], pairs[-1][1] / pairs[-1][0], len(pairs))
