"""All replicas of a batch of tasks, ours against every peer, from small tasks to large ones.

Ours is timed from tasks to fits: step sizes, certificates, statuses and the run on all samples are in it. A peer is timed
from arrays in place to final weights.
"""

from dataclasses import dataclass

from benchmarks.agreement import check
from benchmarks.pairs import paired, seconds
from benchmarks.peers import LOOPS, MODULES, Absent, Ready, ready_by
from benchmarks.problem import Dtype, Problem, drawn
from benchmarks.report import Report, Row

LONGEST = 200_000  # steps of one replica, a few seconds; a longer loop is cut to a part and scaled
CALL = 8192  # products that take as long as the calls of a step


@dataclass(frozen=True)
class Size:
    tasks: int
    n: int
    d: int
    steps: int
    dtype: Dtype = "float64"
    peers: tuple[str, ...] = tuple(MODULES)


_STRONG = ("torch-batched", "jax-vmap", "jax-batched")
SIZES = (
    Size(256, 16, 8, 1000),
    Size(256, 32, 16, 1000),
    Size(64, 64, 32, 1000),
    Size(16, 128, 64, 1000),
    Size(4, 256, 128, 500),
    Size(2, 512, 256, 200),
    Size(256, 32, 16, 1000, "float32", _STRONG),
    Size(64, 64, 32, 1000, "float32", _STRONG),
    Size(4, 256, 128, 300, "float32", _STRONG),
)
QUICK = (Size(64, 16, 8, 200), Size(4, 64, 32, 200, "float64", _STRONG), Size(4, 64, 32, 200, "float32", _STRONG))


def measure(report: Report, *, quick: bool) -> None:
    tiny = drawn(tasks=1, n=4, d=2, steps=2)
    report.find("first call", seconds=seconds(tiny.solve), second=seconds(tiny.solve))
    for size in QUICK if quick else SIZES:
        problem = drawn(tasks=size.tasks, n=size.n, d=size.d, steps=size.steps, dtype=size.dtype)
        for peer in size.peers:
            try:
                report.compare(against(peer, problem))
            except Absent as reason:
                report.say(f"left out: {reason}")


def against(peer: str, problem: Problem) -> Row:
    """One row; the peer's answer is checked on the very run that is timed."""
    part = affordable(peer, problem)
    ready = ready_by(peer)(part)
    error = check(peer, ready.weights(ready.run()), part)
    problem.part(steps=2).solve()
    scale = problem.flops / part.flops
    times = paired(problem.solve, ready.run, scale=scale)
    return Row(
        name="all replicas",
        peer=peer,
        size=problem.size,
        dtype=problem.dtype,
        note=_note(ready, part, scale),
        more={"error": error, "compile_s": ready.compile_s},
        **vars(times),
    )


def affordable(peer: str, problem: Problem) -> Problem:
    """The problem; of one that takes a loop too long, fewer tasks and, if one is too much, fewer steps."""
    if peer not in LOOPS:
        return problem
    tasks, n, d = problem.shape
    share = LONGEST / (tasks * n * problem.steps * (1 + n * d / CALL))
    if share >= 1:
        return problem
    fewer = max(1, int(tasks * share))
    return problem.part(tasks=fewer, steps=min(problem.steps, max(50, int(problem.steps * share * tasks / fewer))))


def _note(ready: Ready, part: Problem, scale: float) -> str:
    said = [ready.variant] if ready.variant else []
    if scale > 1:
        said.append(f"scaled ×{scale:.3g} from T={part.shape[0]} t={part.steps}")
    if ready.compile_s:
        said.append(f"compiled in {ready.compile_s:.2g} s")
    return "; ".join(said)
