"""The tasks on which the rates of `separable-mean` are read off: one row a task."""

import pandas as pd

from figures.run import Run, last, with_replicas

WHICH = "separable two-class logistic heads from the zero start without l2, all replicas within the step rule"


def separable_heads(run: Run) -> pd.DataFrame:
    """Separable two-class tasks, logistic loss, zero start, λ = 0, all replicas ended well.

    instability  mean over samples i of ‖ŵ_S − ŵ_{S∖i}‖ at the last step
    margin       middle of the certified interval of the angular margin γ̂
    """
    tasks = with_replicas(run.tasks)
    inside = (
        (tasks["separable"] == "yes") & (tasks["classes"] == 2) & (tasks["loss"] == "logistic") & (tasks["l2"] == 0)
    ) & (tasks["init_scale"] == 0)  # the drawn lines are those of the zero start
    frame = tasks.loc[inside, ["task", "family", "n", "d", "deletion"]].copy()
    frame["margin"] = (tasks["angular_low"] + tasks["angular_high"])[inside] / 2
    frame["instability"] = frame["task"].map(last(run, "direction.mean")["value"]).astype(float)
    return frame[frame["instability"].notna()].reset_index(drop=True)
