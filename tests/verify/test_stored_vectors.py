"""The project's stored cases, computed elsewhere with independent code."""

from pathlib import Path

import numpy as np
import pytest
from small_tasks import fit_of, instabilities
from tolerances import tolerance

from synth.task import Task
from verify.margins import margins_of
from verify.measure import direction
from verify.smoothness import smoothness
from verify.tuning import HeadTuning

FOLDER = Path(__file__).parents[2].parent / "shared" / "vectors"
CASES = sorted(FOLDER.glob("case*.npz"))


@pytest.mark.skipif(not CASES, reason=f"no stored cases in {FOLDER}")
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_stored_case_comes_out(path):
    case = np.load(path)
    task = Task(case["features"], case["labels"])
    tuning = HeadTuning(
        steps=int(case["steps"]), step_size=float(case["step_size"]), l2=float(case["l2"]),
        deletion=str(case["deletion"]),
    )  # fmt: skip
    fit, margins = fit_of(task, tuning), margins_of(task, left_out=False)
    got = {
        "smoothness": smoothness(task, tuning),
        "margin": (margins.whole.low + margins.whole.high) / 2,
        "max_margin_direction": margins.direction,
        "weights": fit.weights[:, 0],
        "parameter_instability": instabilities(task, tuning, fit),
        "direction_instability": direction(task, tuning, fit.last).value,
        "certificate": fit.last.certificates,
    }
    for name, value in got.items():
        scale = np.linalg.norm(case[name]) if name == "max_margin_direction" else np.abs(case[name])
        if name == "weights":
            scale = np.linalg.norm(case[name], axis=1, keepdims=True)
        assert (np.abs(value - case[name]) <= tolerance("vectors") * scale).all(), name
    assert margins.whole.separable
