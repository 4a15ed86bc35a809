"""The main job: every task of a suite tuned, measured and judged, in parallel, and resumable at any point.

Work is cut into units of tasks that run well side by side. A unit leaves a shard, named by what went into it; a run that
was killed finds the shards of its own configuration and does the rest. The tables do not depend on the cut, the order,
or the number of workers.
"""

import json
import platform
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

import joblib
import pandas as pd

from synth.families import family
from synth.generate import generate
from synth.spec import TaskSpec
from synth.suites import suite as suite_named
from synth.task import Task
from theory.bound import Bound
from theory.catalogue import catalogue
from theory.quantities import QUANTITIES
from verify import directory, records
from verify.plan import plan_of, restarts
from verify.solvers.device import resolved
from verify.statistics import level_of

ROOMS = ("theory", "synth", "verify")
UNIT_SECONDS = 1.5  # estimated; small enough that little is lost to a kill, large enough to batch


@dataclass(frozen=True, kw_only=True)
class Run:
    """A finished run.

    out       its directory
    records   a row a (task, bound, quantity), and `tasks` a row a task; their columns are in `verify.tables`
    manifest  seeds, versions, device, configuration and its hash
    fresh     whether anything was computed, or all of it was found
    """

    out: Path
    records: pd.DataFrame
    tasks: pd.DataFrame
    manifest: dict[str, Any]
    fresh: bool

    @property
    def violated(self) -> bool:
        """Whether any proven bound was violated on any task."""
        return bool(((self.records["verdict"] == "VIOLATED") & self.records["proven"]).any())


def run(
    suite: str = "paper",
    *,
    tasks: int | None = None,
    seed: int = 0,
    out: Path = Path("build/paper"),
    device: str = "auto",
    dtype: str = "float64",
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Run:
    """Do the main job and return its tables, or those of the same run where it was finished before.

    suite     smoke, paper, stress, or the path of a TOML file
    tasks     the first so many (default: all)
    workers   processes (default: one a core on a CPU, one in all on a GPU)
    progress  told (tasks done, tasks in all) as units end

    Raises BadSuite, BadTuning, BadRun or BadPlugin, each with one line for the person who asked.
    """
    specs = suite_named(suite, tasks).specs
    bounds = catalogue()
    for spec in specs:
        plan_of(spec)
    kind = resolved(device)
    configuration = _configuration(suite, specs, seed, kind, dtype, bounds)
    key = records.digest(configuration)
    directory.open_directory(out)
    done = _finished(out, key)
    if done is not None:
        return done
    start = time.monotonic()
    shards = out / "shards" / key[:16]
    shards.mkdir(parents=True, exist_ok=True)
    units = _units(specs)
    paths = [shards / f"{records.digest([s.to_dict() for s in unit])[:24]}.json" for unit in units]
    todo = [(u, p) for u, p in zip(units, paths, strict=True) if records.read_shard(p) is None]
    finished = len(specs) - sum(len(unit) for unit, _ in todo)
    progress(finished, len(specs))
    count = workers or (1 if kind == "cuda" else joblib.cpu_count())
    parallel = joblib.Parallel(n_jobs=min(count, max(1, len(todo))), return_as="generator_unordered")
    level = configuration["level"]
    for size in parallel(joblib.delayed(_do)(unit, path, seed, kind, dtype, level) for unit, path in todo):
        finished += size
        progress(finished, len(specs))
    read = [records.read_shard(path) for path in paths]
    lost = [path for path, rows in zip(paths, read, strict=True) if rows is None]
    if lost:
        raise directory.BadRun(f"{lost[0]} cannot be read again; run the same command once more")
    order = {spec.name: k for k, spec in enumerate(specs)}
    (out / "manifest.json").unlink(missing_ok=True)  # an older one must not vouch for tables half replaced
    records.write_tables(out, [rows for rows in read if rows is not None], order)
    manifest = {
        "suite": suite,
        "tasks": len(specs),
        "seed": seed,
        "device": kind,
        "dtype": dtype,
        "hash": key,
        "configuration": configuration,
        "seconds": round(time.monotonic() - start, 1),
        "workers": count,
        **_digests(out),
    }
    directory.write_manifest(out, manifest)
    shutil.rmtree(out / "shards", ignore_errors=True)
    return _load(out, manifest, fresh=True)


def load(out: Path) -> Run:
    """The finished run in a directory. Raises BadRun where there is none."""
    manifest = directory.finished(out)
    return _load(out, manifest, fresh=False)


def task_of(out: Path, name: str) -> Task:
    """A task of a finished run, drawn again from its seed. Raises BadRun where the run or the task is not there."""
    finished = load(out)
    specs = {spec.name: spec for spec in suite_named(finished.manifest["suite"], finished.manifest["tasks"]).specs}
    recorded = dict(zip(finished.tasks["task"], finished.tasks["content_hash"], strict=True))
    if name not in specs or name not in recorded:
        raise directory.BadRun(f"{out} has no task {name}; its names are in the column `task` of records.parquet")
    task = generate(specs[name], finished.manifest["seed"])
    if task.content_hash != recorded[name]:
        raise directory.BadRun(
            f"{name} drawn again differs from the one recorded: the code or its libraries have changed"
        )
    return task


def _load(out: Path, manifest: dict[str, Any], *, fresh: bool) -> Run:
    tables = {name: records.read_table(out, name) for name in ("records", "tasks")}
    return Run(out=out, records=tables["records"], tasks=tables["tasks"], manifest=manifest, fresh=fresh)


def _finished(out: Path, key: str) -> Run | None:
    manifest = directory.read_manifest(out)
    if manifest is None or manifest.get("hash") != key:
        return None
    try:
        whole = _digests(out).items() <= manifest.items()
        return _load(out, manifest, fresh=False) if whole else None
    except (OSError, directory.BadRun):
        return None


def _digests(out: Path) -> dict[str, str]:
    return {f"{name}_sha256": sha256((out / f"{name}.parquet").read_bytes()).hexdigest() for name in records.SCHEMAS}


def _do(unit: list[TaskSpec], path: Path, seed: int, device: str, dtype: str, level: float) -> int:
    """In a worker: one unit, whose shard outlives the death of whoever asked for it."""
    from verify.work import work_on  # noqa: PLC0415  torch takes seconds, and only workers need it

    records.write_shard(path, work_on(unit, seed, device, dtype, catalogue(), level))
    return len(unit)


def _configuration(
    suite: str, specs: Sequence[TaskSpec], seed: int, device: str, dtype: str, bounds: Sequence[Bound]
) -> dict[str, Any]:
    """All that the records depend on; its hash names the run."""
    return {
        "suite": suite,
        "specs": records.digest([spec.to_dict() for spec in specs]),
        "seed": seed,
        "device": device,
        "dtype": dtype,
        "level": level_of(_claims(max(suite_named(suite).specs, specs, key=len), bounds)),  # that of a prefix, too
        "bounds": [f"{b.id}/{b.quantity}/{b.kind}/{b.proven}" for b in bounds],
        "source": source_digest(),
        "plugins": _plugins(specs, bounds),
        "machine": platform.machine(),
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Python and each library that a number may depend on, with its version."""
    libraries = ("tightrope", "numpy", "scipy", "torch", "daqp", "pandas", "pyarrow")
    return {"python": platform.python_version()} | {name: version(name) for name in libraries}


def _claims(specs: Sequence[TaskSpec], bounds: Sequence[Bound]) -> int:
    """How many statistical claims a run of these specs judges."""
    kinds = [QUANTITIES[bound.quantity].random for bound in bounds]
    return sum(kinds.count("draws") * (spec.draws > 0) + kinds.count("starts") * restarts(spec) for spec in specs)


@cache
def source_digest() -> str:
    """SHA-256 over the code of the rooms that make records: old shards never mix with new code."""
    root = Path(__file__).parent.parent
    files = sorted(path for room in ROOMS for path in (root / room).rglob("*.py"))
    return sha256(json.dumps([[str(f.relative_to(root)), f.read_text()] for f in files]).encode()).hexdigest()


def _plugins(specs: Sequence[TaskSpec], bounds: Sequence[Bound]) -> dict[str, str]:
    """Module → SHA-256 of its file, of every bound and family that another package brought: their code is not in ours."""
    return sources_of([bound.formula for bound in bounds] + [family(spec.family).sample for spec in specs])


def sources_of(makers: Iterable[Callable[..., Any]]) -> dict[str, str]:
    """Module → SHA-256 of its file, of functions from elsewhere; of one without a file, a number that never comes again."""
    names = {str(getattr(maker, "__module__", "")) for maker in makers}
    foreign = sorted(name for name in names if name.partition(".")[0] not in ROOMS)
    files = {name: getattr(sys.modules.get(name), "__file__", None) for name in foreign}
    return {name: sha256(Path(file).read_bytes()).hexdigest() if file else uuid4().hex for name, file in files.items()}


def _units(specs: Sequence[TaskSpec]) -> list[list[TaskSpec]]:
    """Tasks of like shape together, about UNIT_SECONDS each, the most expensive first so that workers end together."""
    groups: dict[tuple[object, ...], list[TaskSpec]] = defaultdict(list)
    for spec in specs:
        groups[(spec.n, spec.classes, spec.tuning["loss"], spec.tuning["order"])].append(spec)
    units: list[list[TaskSpec]] = []
    for group in groups.values():
        unit: list[TaskSpec] = []
        for spec in sorted(group, key=lambda s: (min(s.n, s.d), s.index)):
            if unit and sum(map(_seconds, unit)) + _seconds(spec) > UNIT_SECONDS:
                units.append(unit)
                unit = []
            unit.append(spec)
        units.append(unit)
    return sorted(units, key=lambda unit: (-sum(map(_seconds, unit)), unit[0].index))


def _seconds(spec: TaskSpec) -> float:
    """A rough price on one core: products at 40 GFLOP/s, seven passes a difference, the machines without one sample."""
    k, d = (1 if spec.classes == 2 else spec.classes), min(spec.n, spec.d)
    steps = float(spec.tuning["steps"])
    descent = steps * spec.n**2 * k * (4 * d / 4e10 + 7e-9)
    machines = 2e-10 * spec.n * d**3 * k
    draws = 0.1 + 32 * steps * spec.n * d * k * 2e-9 if spec.draws else 0.0
    return 0.02 + descent + machines + draws
