"""What a spec says about tuning, checked: everything but the step, which may need the data."""

from dataclasses import dataclass, replace

from synth.generate import generate
from synth.spec import TaskSpec
from synth.task import Task
from verify.smoothness import smoothness, step_size
from verify.tuning import MOST_STEPS, BadTuning, HeadTuning, tuning_from

STARTS_UP_TO = 64  # samples: beyond, more runs from other starts cost more than they tell
SOURCES = ("sample", "pilot")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A tuning whose automatic step is to be `factor`/(β+λ), β of the sample itself or of the pilot sample."""

    tuning: HeadTuning
    factor: float
    source: str


def plan_of(spec: TaskSpec, device: str = "auto", dtype: str = "float64") -> Plan:
    """The plan of a spec. Raises BadTuning, naming the task, where it makes no sense."""
    data = dict(spec.tuning)
    factor, source = data.pop("step_factor", 1.0), data.pop("step_from", "sample")
    try:
        if source not in SOURCES:
            raise BadTuning(f"step_from: {source} is none of {', '.join(SOURCES)}")
        if isinstance(factor, bool) or not isinstance(factor, int | float) or not 0 <= factor < float("inf"):
            raise BadTuning(f"step_factor: {factor} must be a finite number, 0 or more")
        tuning = tuning_from({**data, "device": device, "dtype": dtype})
        tuning.facts(spec.classes)
        if tuning.steps >= MOST_STEPS:
            raise BadTuning("steps: the tables of a suite hold fewer than 2^53; probe takes any number")
    except BadTuning as error:
        raise BadTuning(f"{spec.name}: {error}") from error
    return Plan(tuning=tuning, factor=float(factor), source=str(source))


def tuning_of(spec: TaskSpec, seed: int, task: Task, device: str, dtype: str) -> HeadTuning:
    """The spec's tuning with its step as a number; `task` is the sample itself."""
    plan = plan_of(spec, device, dtype)
    if plan.tuning.step_size != "auto":
        return plan.tuning
    base = task if plan.source == "sample" else generate(spec, seed, "pilot")
    return replace(plan.tuning, step_size=plan.factor * step_size(smoothness(base, plan.tuning), plan.tuning))


def restarts(spec: TaskSpec) -> bool:
    """Whether a spec's head is tuned from further starts: where chance has a part in it and its runs are cheap."""
    chance = float(spec.tuning.get("init_scale", 0)) > 0 or spec.tuning.get("order") == "shuffled"
    return chance and spec.n <= STARTS_UP_TO
