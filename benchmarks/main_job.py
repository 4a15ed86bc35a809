"""Is the cost of the main job linear in tasks? Times `verify.runner.run`, each size in a process and a directory of its own.

python -m benchmarks.main_job [SIZE …] [--suite paper] [--workers N]
"""

import argparse
import json
import resource
import shutil
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

BUILD = Path("build")


def measured(suite: str, tasks: int, workers: int | None) -> dict[str, Any]:
    """One row. `peak_mib` is an upper estimate: this process, and every worker as large as the largest."""
    from joblib.externals.loky import get_reusable_executor  # noqa: PLC0415  in the process that is measured

    from verify.runner import run  # noqa: PLC0415

    out = BUILD / "bench" / f"{suite}-{tasks}"
    shutil.rmtree(out, ignore_errors=True)
    try:
        start = time.perf_counter()
        done = run(suite, tasks=tasks, out=out, workers=workers)
        seconds = time.perf_counter() - start
    finally:
        shutil.rmtree(out, ignore_errors=True)
    get_reusable_executor().shutdown(wait=True)  # children are counted when they have ended
    own, child = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "name": suite,
        "tasks": len(done.tasks),
        "seconds": round(seconds, 2),
        "seconds_per_task": round(seconds / len(done.tasks), 4),
        "peak_mib": round((own + done.manifest["workers"] * child) / 1024),
    }


def exponent(rows: list[dict[str, Any]]) -> float | None:
    """The slope of log seconds in log tasks: 1 is linear; None from a single size."""
    tasks, seconds = (np.log([row[key] for row in rows]) for key in ("tasks", "seconds"))
    return round(float(np.polyfit(tasks, seconds, 1)[0]), 3) if len(set(tasks)) > 1 else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[125, 250, 500])
    parser.add_argument("--suite", default="paper")
    parser.add_argument("--workers", type=int)
    given = parser.parse_args()
    rows = []
    print(f"{'suite':10}{'tasks':>8}{'seconds':>10}{'a task':>10}{'peak MiB':>10}")
    for size in given.sizes:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
            row = fresh.submit(measured, given.suite, size, given.workers).result()
        rows.append(row)
        print("{name:10}{tasks:8}{seconds:10.2f}{seconds_per_task:10.4f}{peak_mib:10}".format(**row), flush=True)
    slope = exponent(rows)
    print(f"seconds grow like tasks^{slope}" if slope is not None else "one size has no slope")
    BUILD.mkdir(exist_ok=True)
    (BUILD / "bench.json").write_text(json.dumps({"rows": rows, "exponent": slope}, indent=2) + "\n")


if __name__ == "__main__":
    main()
