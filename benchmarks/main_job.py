"""Is the cost of the main job linear in tasks? Times `verify.runner.run`, each size in a process and a directory of its own.

python -m benchmarks.main_job [SIZE …] [--suite paper] [--workers N] takes other sizes.
"""

import argparse
import resource
import shutil
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.one_run import peak_mib
from benchmarks.report import Report

SIZES, QUICK = (60, 120, 240), (12, 24)


def measured(suite: str, tasks: int, workers: int | None) -> dict[str, Any]:
    """One row. `peak_mib` is an upper estimate: this process, and every worker as large as the largest."""
    from joblib.externals.loky import get_reusable_executor  # noqa: PLC0415  in the process that is measured

    from verify.runner import run  # noqa: PLC0415

    out = Path("build", "bench", f"{suite}-{tasks}")
    shutil.rmtree(out, ignore_errors=True)
    try:
        start = time.perf_counter()
        done = run(suite, tasks=tasks, out=out, workers=workers)
        seconds = time.perf_counter() - start
    finally:
        shutil.rmtree(out, ignore_errors=True)
    get_reusable_executor().shutdown(wait=True)  # children are counted when they have ended
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {
        "suite": suite,
        "tasks": len(done.tasks),
        "seconds": round(seconds, 2),
        "seconds_per_task": round(seconds / len(done.tasks), 4),
        "peak_mib": round(peak_mib() + done.manifest["workers"] * child),
    }


def measure(
    report: Report,
    *,
    quick: bool = False,
    sizes: Sequence[int] = (),
    suite: str = "paper",
    workers: int | None = None,
) -> None:
    rows = []
    for size in sizes or (QUICK if quick else SIZES):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
            rows.append(fresh.submit(measured, suite, size, workers).result())
        report.find("main job", **rows[-1])
    if len({row["tasks"] for row in rows}) > 1:
        from benchmarks.scaling import exponent  # noqa: PLC0415  its libraries would weigh on the fresh processes

        slope = exponent([row["tasks"] for row in rows], [row["seconds"] for row in rows])
        report.find("main job, seconds in tasks", exponent=slope)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int)
    parser.add_argument("--suite", default="paper")
    parser.add_argument("--workers", type=int)
    given = parser.parse_args()
    report = Report()
    measure(report, sizes=given.sizes, suite=given.suite, workers=given.workers)
    print(report.table())


if __name__ == "__main__":
    main()
