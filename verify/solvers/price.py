"""What a solver costs on one task, in seconds of one core, and which one is the cheaper. Rough: measured on one machine."""

import math

from synth.task import Task
from verify.smoothness import smoothness, step_size
from verify.tuning import MOST_STEPS, BadTuning, HeadTuning

FIRST_STEPS = 512  # taken before the first stride, so that what alternates or dies at once is gone
FORGOTTEN = 1e-17  # of a movement that alternates in sign, after the first steps
MOST_FIRST_STEPS = 4096
STRIDES = 0.5  # per unit of ln t up to FLAT, and fewer later: the movement is ever smoother
FLAT = 20.0


def direct_seconds(n: int, d: int, outputs: int, steps: int, runs: int) -> float:
    """So many runs step by step: products at 60 GFLOP/s, and a change of pull a run and sample."""
    return float(min(steps, 10**18)) * (2e-6 + runs * n * outputs * (4 * min(n, d) / 6e10 + 2e-9))


def log_time_seconds(n: int, d: int, outputs: int, steps: int, runs: int) -> float:
    """The same in strides: an eigendecomposition, and about eighty gradients, a run and stride."""
    size, s = min(n, d) * outputs, math.log(max(steps, 2))
    strides = STRIDES * min(s, FLAT) + 6 * math.log(max(s / FLAT, 1.0)) + 2
    gradients = 80 * n * outputs * (4 * min(n, d) / 6e10 + 4e-9)
    return direct_seconds(n, d, outputs, FIRST_STEPS, runs) + strides * (
        0.01 + runs * (2.3e-9 * size**3 + 2e-5 + gradients)
    )


def why_not_log_time(task: Task, tuning: HeadTuning) -> str | None:
    """Why the log-time solver does not take this tuning, as one line for the person who asked; None where it does."""
    if tuning.loss == "exponential":
        return "loss: exponential has no smoothness, on which the log-time solver's error bound rests; use logistic"
    beta = smoothness(task, tuning)
    eta = step_size(beta, tuning)
    reasons = {
        f"order: the log-time solver is for the full batch; got {tuning.order}": tuning.order != "full-batch",
        f"heads: the log-time solver tunes one head; got {tuning.heads}": tuning.heads > 1,
        f"dtype: the log-time solver computes in float64; got {tuning.dtype}": tuning.dtype != "float64",
        "step_size: the log-time solver needs the step rule, at most 2/(β+2λ), and less than 1.99/(β+λ); got "
        f"{tuning.step_size}": eta * (beta + 2 * tuning.l2) > 2 * (1 + 1e-9)
        or first_steps(task, tuning) > MOST_FIRST_STEPS,
    }
    return next((line for line, wrong in reasons.items() if wrong), None)


def first_steps(task: Task, tuning: HeadTuning) -> int:
    """How many steps to take before the first stride: above 1/(β+λ) a movement may alternate in sign while it dies out."""
    beta = smoothness(task, tuning)
    beyond = step_size(beta, tuning) * (beta + tuning.l2) - 1
    if not beyond > 1e-9:
        return FIRST_STEPS
    return max(FIRST_STEPS, math.ceil(math.log(FORGOTTEN) / math.log(beyond))) if beyond < 1 else MOST_FIRST_STEPS + 1


def solver_of(task: Task, tuning: HeadTuning, *, replicas: bool = True) -> str:
    """direct or log-time, for all replicas or one run.

    Raises BadTuning where log-time does not apply and is asked for, or is all that could take so many steps.
    """
    if tuning.solver == "direct":
        if tuning.steps >= MOST_STEPS:
            raise BadTuning("steps: the direct solver takes fewer than 2^53, one by one; use log-time or auto")
        return "direct"
    outputs = tuning.heads * (1 if task.classes == 2 else task.classes)
    work = (task.samples, task.dimension, outputs, tuning.steps, task.samples if replicas else 1)
    cheaper = 2 * log_time_seconds(*work) < direct_seconds(*work)
    if tuning.solver == "auto" and not cheaper:
        return "direct"
    reason = why_not_log_time(task, tuning)
    if reason is None:
        return "log-time"
    if tuning.solver == "auto" and tuning.steps < MOST_STEPS:
        return "direct"
    raise BadTuning(reason)
