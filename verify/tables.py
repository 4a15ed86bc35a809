"""The three tables of a run: their columns, in order, with what each holds.

records       one row per (task, tuning, bound, quantity): the claim, what was measured, the verdict
measurements  one row per (task, quantity, step): what was measured, whether or not a bound speaks of it
tasks         one row per task: its facts, its tuning, and how its replicas ended
"""

_TASK = {"task": "str", "family": "str", "n": "int64", "d": "int64", "classes": "int64"}

RECORDS = {
    **_TASK,
    "tuning": "str",  # a label that differs for different tunings
    "bound": "str",
    "quantity": "str",
    "kind": "str",  # sure, expectation, probability
    "proven": "bool",
    "value": "float64",  # the bound; for `….each` that of the sample named by `sample`; NaN where there is none
    "measured": "float64",
    "low": "float64",  # interval of `measured`
    "high": "float64",
    "ratio": "float64",  # measured / value
    "verdict": "str",
    "vacuous": "bool",  # the bound is at or above the trivial maximum of its quantity
    "sample": "int64",  # the sample with the largest ratio, −1 where the quantity is one number
    "reasons": "str",
}

MEASUREMENTS = {
    **_TASK,
    "quantity": "str",
    "step": "int64",
    "value": "float64",
    "low": "float64",
    "high": "float64",
    "draws": "int64",  # independent draws behind the value, 1 for a measurement on one S
}

TASKS = {
    **_TASK,
    "index": "int64",
    "loss": "str",
    "deletion": "str",
    "order": "str",
    "steps": "int64",
    "step_size": "float64",
    "l2": "float64",
    "init_scale": "float64",
    "smoothness": "float64",
    "radius": "float64",
    "separable": "str",  # yes, no, unknown
    "margin_low": "float64",
    "margin_high": "float64",
    "angular_low": "float64",
    "angular_high": "float64",
    "support_vectors": "int64",  # −1 where not separable
    "replicas": "int64",
    "ok": "int64",  # how the replicas and the run on all samples ended, four counts that add up to n + 1
    "above_rule": "int64",
    "diverged": "int64",
    "non_finite": "int64",  # left the floats, or hidden by their rounding
    "draws": "int64",
    "content_hash": "str",
    "seed_path": "str",
}
