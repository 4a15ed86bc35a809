"""One table of ratios, measured side by side; build/bench.json holds it, build/scaling.json what has no peer."""

import argparse
import time
from importlib import import_module
from pathlib import Path

from benchmarks.report import Report

# those that measure memory come first: a fresh process inherits the peak of the one that starts it
SECTIONS = {
    "main-job": "main_job",
    "one-run": "one_run",
    "matmul": "ceiling",
    "direct": "direct",
    "refits": "refits",
    "scaling": "scaling",
    "log-time": "log_time",
    "networks": "networks",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"some of {', '.join(SECTIONS)}; default all")
    parser.add_argument("--quick", action="store_true", help="a minute: few sizes, short runs, no main job")
    parser.add_argument("--out", type=Path, default=Path("build"))
    given = parser.parse_args()
    for name in given.sections:
        if name not in SECTIONS:
            parser.error(f"SECTION: {name} is none of {', '.join(SECTIONS)}")
    report = Report()
    for name, module in SECTIONS.items():
        if name in given.sections or not (given.sections or (given.quick and name == "main-job")):
            start = time.perf_counter()
            report.say(f"[{name}]")
            import_module(f"benchmarks.{module}").measure(report, quick=given.quick)
            report.say(f"[{name}] took {time.perf_counter() - start:.0f} s")
    report.write(given.out)
    print(report.table())


if __name__ == "__main__":
    main()
