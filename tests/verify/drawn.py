"""Hypothesis draws tasks and tunings; features on a coarse grid, so that ties, copies and zero rows are common."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from synth.task import Task
from verify.tuning import HeadTuning


@st.composite
def tasks(draw, classes=(2, 3)):
    """2 to 8 samples in 1 to 5 dimensions; some classes may be absent."""
    n, d, k = draw(st.integers(2, 8)), draw(st.integers(1, 5)), draw(st.sampled_from(classes))
    grid = draw(arrays(np.int8, (n, d), elements=st.integers(-4, 4)))
    noise = draw(st.sampled_from([0.0, 0.3])) * np.random.default_rng(n * d).standard_normal((n, d))
    labels = draw(arrays(np.int64, n, elements=st.integers(0, k - 1)))
    return Task(0.5 * grid + noise, 2 * labels - 1 if k == 2 else labels, class_count=k)


@st.composite
def tunings(draw, losses=("logistic",), **fixed):
    """Full batches, up to 40 steps at the automatic step."""
    return HeadTuning(
        **{
            "loss": draw(st.sampled_from(losses)),
            "steps": draw(st.integers(0, 40)),
            "deletion": draw(st.sampled_from(["reweighted", "dropped"])),
            "l2": draw(st.sampled_from([0.0, 0.01, 1.0])),
            "init_scale": draw(st.sampled_from([0.0, 0.5])),
            **fixed,
        }
    )


@st.composite
def jobs(draw, **fixed):
    """A task, a tuning that fits it, a seed."""
    task = draw(tasks())
    losses = ("logistic", "squared") if task.classes == 2 else ("logistic",)
    return task, draw(tunings(losses, **fixed)), draw(st.integers(0, 3))
