"""All experiments in parallel, and the ledger: one finding a claim. Resumable; the same seed gives the same ledger.

Work is cut into blocks of tasks. A block leaves a shard, named by what went into it; a ledger that was interrupted finds the
shards of its own configuration and does the rest.
"""

import json
import math
import platform
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

import joblib
import pandas as pd

from theory.interval import Interval
from verify import directory
from verify.claims.catalogue import CLAIMS, EXPERIMENTS
from verify.claims.claim import BadClaim, Claim, Effect
from verify.claims.effects import COLUMNS, effects_of
from verify.claims.experiment import Experiment
from verify.claims.judging import Finding, judge
from verify.claims.power import Power, power_of
from verify.records import digest
from verify.runner import source_digest, sources_of, versions

TABLES = ("measurements", "effects")


@dataclass(frozen=True, eq=False, kw_only=True)
class Ledger:
    """What became of every claim.

    rows          one object a claim, plain data, in the order of the catalogue
    measurements  experiment, and the columns of `verify.claims.effects`
    effects       claim, task, regime, sham, effect
    fresh         whether anything was computed
    """

    out: Path
    rows: list[dict[str, Any]]
    measurements: pd.DataFrame
    effects: pd.DataFrame
    manifest: dict[str, Any]
    fresh: bool


def ledger(
    *,
    quick: bool = False,
    seed: int = 0,
    out: Path = Path("build/claims"),
    workers: int | None = None,
    experiments: Sequence[Experiment] = EXPERIMENTS,
    claims: Sequence[Claim] = CLAIMS,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Ledger:
    """Do every experiment, judge every claim, and leave ledger.json, two tables and a manifest in `out`.

    quick     fewer tasks
    workers   processes (default: one a core)
    progress  told (tasks done, tasks in all) as blocks end

    Finished before, it is read back, unless one of the experiments has no source file, so that nobody can tell whether it is
    still the same. Raises BadRun, with one line, where `out` cannot be written, and BadClaim for claims that cannot be judged.
    """
    _check(experiments, claims, seed)
    configuration = {
        "quick": quick,
        "seed": seed,
        "experiments": [[e.id, e.quick if quick else e.tasks, e.block] for e in experiments],
        "measured by": sources_of(e.measure for e in experiments),
        "claims": digest([asdict(claim) for claim in claims]),
        "source": source_digest(),
        "machine": platform.machine(),
        "versions": versions(),
    }
    key = digest(configuration)
    directory.open_directory(out)
    if (done := _finished(out, key)) is not None:
        return done
    start = time.monotonic()
    shards = out / "shards" / key[:16]
    shards.mkdir(parents=True, exist_ok=True)
    blocks = [(e, block, shards / f"{e.id}-{block.start:05d}.json") for e in experiments for block in _blocks(e, quick)]
    todo = [(e, block, path) for e, block, path in blocks if _shard(path, len(block)) is None]
    total = sum(len(block) for _, block, _ in blocks)
    finished = total - sum(len(block) for _, block, _ in todo)
    progress(finished, total)
    parallel = joblib.Parallel(n_jobs=workers or joblib.cpu_count(), return_as="generator_unordered")
    for size in parallel(joblib.delayed(_do)(e, block, path, seed) for e, block, path in todo):
        finished += size
        progress(finished, total)
    measurements = pd.concat([_table(e, path, len(block)) for e, block, path in blocks], ignore_index=True)
    found = [_judged(claim, measurements, len(claims), seed) for claim in claims]
    rows = [row_of(finding, power) for finding, power, _ in found]
    effects = pd.concat([own.assign(claim=f.claim.id) for f, _, own in found], ignore_index=True)
    manifest = {"hash": key, "configuration": configuration, "seconds": round(time.monotonic() - start, 1)}
    _write(out, rows, {"measurements": measurements, "effects": effects}, manifest)
    shutil.rmtree(shards, ignore_errors=True)
    with suppress(OSError):  # other interrupted ledgers may have left theirs
        shards.parent.rmdir()
    return Ledger(out=out, rows=rows, measurements=measurements, effects=effects, manifest=manifest, fresh=True)


def _check(experiments: Sequence[Experiment], claims: Sequence[Claim], seed: int) -> None:
    if seed < 0:
        raise BadClaim(f"seed: {seed} must be 0 or more")
    if not experiments or not claims:
        raise BadClaim("a ledger needs one experiment or more, and one claim or more")
    for what, ids in (("experiment", [e.id for e in experiments]), ("claim", [c.id for c in claims])):
        if twice := {name for name in ids if ids.count(name) > 1}:
            raise BadClaim(f"{what} {min(twice)!r} stands more than once; ids must differ")
    known = {e.id for e in experiments}
    for e in experiments:
        if min(e.tasks, e.quick) < 2 or e.block < 1:
            raise BadClaim(f"experiment {e.id!r}: tasks and quick must be 2 or more, and block 1 or more")
    for claim in claims:
        if claim.experiment not in known:
            raise BadClaim(
                f"claim {claim.id!r}: unknown experiment {claim.experiment!r}; known are {', '.join(sorted(known))}"
            )
        if claim.effect not in get_args(Effect):
            raise BadClaim(f"claim {claim.id!r}: effect {claim.effect!r} is none of {', '.join(get_args(Effect))}")


def row_of(finding: Finding, power: Power) -> dict[str, Any]:
    """A finding as plain data; what is not finite is None."""
    claim = finding.claim
    return {
        "id": claim.id,
        "claim": claim.text,
        "experiment": claim.experiment,
        "measure": claim.measure,
        "effect": claim.effect,
        "why": claim.why,
        "predicted": claim.expects.size,
        "prediction": claim.prediction,
        "predicted_range": [end if math.isfinite(end) else None for end in (claim.expects.low, claim.expects.high)],
        **_ends(finding.effect),
        "level": finding.level,
        "tasks": len(finding.effects.true),
        "lost": finding.effects.lost,
        "seeds": finding.seeds,
        "verdict": finding.verdict,
        "regime": finding.regime,
        "regimes": [{"name": name, **_ends(i), "verdict": own} for name, (i, own) in finding.regimes.items()],
        "control": None
        if finding.control is None
        else {
            **_ends(finding.control),
            "holds": finding.control_holds,
            "sees": finding.control_sees,
        },
        "power": power.detected,
        "false_alarm": power.false_alarm,
    }


def _ends(interval: Interval) -> dict[str, float | None]:
    ends = {"measured": float(interval.value), "low": float(interval.low), "high": float(interval.high)}
    return {name: value if math.isfinite(value) else None for name, value in ends.items()}


def _judged(claim: Claim, measurements: pd.DataFrame, claims: int, seed: int) -> tuple[Finding, Power, pd.DataFrame]:
    experiment = measurements[measurements["experiment"] == claim.experiment]
    own = experiment[experiment["measure"] == claim.measure]
    effects = effects_of(claim, own)
    if effects["sham"].all():  # or none at all
        known, arms = ", ".join(sorted(set(experiment["measure"]))), ", ".join(sorted(set(own["arm"])))
        raise BadClaim(
            f"claim {claim.id!r}: nothing to judge; {claim.experiment} has the measures {known}"
            + (f" and {claim.measure} the arms {arms}" if arms else "")
        )
    finding = judge(claim, effects, claims=claims, seeds=int(own["seeds"].max()))
    return finding, power_of(finding, seed), effects


def _blocks(experiment: Experiment, quick: bool) -> list[range]:
    count = experiment.quick if quick else experiment.tasks
    return [range(first, min(first + experiment.block, count)) for first in range(0, count, experiment.block)]


def _do(experiment: Experiment, block: range, path: Path, seed: int) -> int:
    """In a worker: one block, whose shard outlives the death of whoever asked for it."""
    from verify.solvers.threads import one_thread  # noqa: PLC0415  torch takes seconds, and only workers need it

    with one_thread():
        rows = [list(row) for row in experiment.measure(block, seed)]
    if not _whole(rows, len(block)):
        raise ValueError(f"experiment {experiment.id}: {len(block)} tasks must give rows under as many names")
    path.parent.mkdir(parents=True, exist_ok=True)  # another ledger in the same place may have ended, and tidied up
    directory.write_atomically(path, lambda temporary: temporary.write_text(json.dumps(rows)))
    return len(block)


def _shard(path: Path, tasks: int) -> list[list[Any]] | None:
    """The rows of a block of so many tasks, or None where there are none that can be read."""
    try:
        rows = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return rows if isinstance(rows, list) and _whole(rows, tasks) else None


def _whole(rows: list[list[Any]], tasks: int) -> bool:
    return all(len(row) == len(COLUMNS) for row in rows) and len({row[0] for row in rows}) == tasks


def _table(experiment: Experiment, path: Path, tasks: int) -> pd.DataFrame:
    rows = _shard(path, tasks)
    if rows is None:
        raise directory.BadRun(f"{path} cannot be read again; run the same command once more")
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
    table.insert(0, "experiment", experiment.id)
    return table


def _write(out: Path, rows: list[dict[str, Any]], tables: dict[str, pd.DataFrame], manifest: dict[str, Any]) -> None:
    (out / "manifest.json").unlink(missing_ok=True)  # an older one must not vouch for tables half replaced
    for name, table in tables.items():
        directory.write_atomically(out / f"{name}.parquet", lambda path, t=table: t.to_parquet(path, index=False))  # type: ignore[misc]
    text = json.dumps(rows, indent=1, ensure_ascii=False) + "\n"
    directory.write_atomically(out / "ledger.json", lambda path: path.write_text(text, encoding="utf-8"))
    directory.write_manifest(out, manifest | _digests(out))


def _digests(out: Path) -> dict[str, str]:
    files = (*(f"{name}.parquet" for name in TABLES), "ledger.json")
    return {f"{name}_sha256": sha256((out / name).read_bytes()).hexdigest() for name in files}


def _finished(out: Path, key: str) -> Ledger | None:
    manifest = directory.read_manifest(out)
    if manifest is None or manifest.get("hash") != key:
        return None
    try:
        if not _digests(out).items() <= manifest.items():
            return None
        return read(out)
    except (OSError, ValueError):
        return None


def read(out: Path) -> Ledger:
    """The finished ledger in a directory. Raises BadRun where there is none."""
    manifest = directory.read_manifest(out)
    try:
        if manifest is None:
            raise OSError
        rows = json.loads((out / "ledger.json").read_text(encoding="utf-8"))
        measurements, effects = (pd.read_parquet(out / f"{name}.parquet") for name in TABLES)
    except (OSError, ValueError) as error:
        raise directory.BadRun(
            f"{out} holds no finished ledger; make one with: tightrope claims --out {out}"
        ) from error
    return Ledger(out=out, rows=rows, measurements=measurements, effects=effects, manifest=manifest, fresh=False)
