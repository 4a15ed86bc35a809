"""A run whose texts are hostile, with its report page, to be opened in a browser."""

import io
import math
import runpy
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

from tightrope import report

INVENTED = runpy.run_path(str(Path(__file__).parents[1] / "figures" / "invented_runs.py"))
NASTY = "</script><script>document.title='taken'</script>'\"&"


def write(root: Path) -> Path:
    """Sixty tasks of all families, one with a hostile name, one claim without a ratio, in a folder that a shell needs quoted."""
    tables = INVENTED["invent"]("paper", 60)
    records, measurements, tasks = (table.replace({"task": {tables[2]["task"].iloc[0]: NASTY}}) for table in tables)
    records.loc[records["family"] == "cap", "tuning"] = NASTY
    records.loc[records["bound"] == "fine-tuning-pl", ["verdict", "value", "ratio"]] = [
        "INAPPLICABLE",
        math.nan,
        math.nan,
    ]
    return page_of(root / "a run's", records, measurements, tasks)


def page_of(run_dir: Path, *tables: pd.DataFrame) -> Path:
    """A run directory with these tables and its page; drawing figures takes seconds, and has tests of its own."""
    path = INVENTED["save"](run_dir, *tables)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "build", stand_in)
        report.write(path)
    return Path(path)


def stand_in(run_dir: Path, ids: list[str]) -> None:
    """Pictures of the size that real ones have."""
    picture = io.BytesIO()
    Figure(figsize=(8, 5)).savefig(picture, format="png", dpi=180)
    (run_dir / "plots").mkdir()
    for name in ids:
        (run_dir / "plots" / f"{name}.png").write_bytes(picture.getvalue())
        (run_dir / "plots" / f"{name}.txt").write_text(f"caption of {name}")
