"""The command line called in this process, small data to call it with, and the published form of what it answers."""

import json
import re

import numpy as np
from typer.testing import CliRunner

from tightrope.cli import app

SUMMARY = {"mean", "max", "per_sample"}
QUANTITIES = {"parameter", "direction", "pointwise"}


def invoke(*arguments, status=0):
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exit_code == status, result.output
    return result


def strict(text):
    """The one JSON object that `text` is: no NaN, no key twice, nothing after it."""

    def refuse(constant):
        raise AssertionError(constant)

    def unique(pairs):
        assert len({key for key, _ in pairs}) == len(pairs)
        return dict(pairs)

    return json.loads(text, parse_constant=refuse, object_pairs_hook=unique)


def probed(folder, features, labels, *options):
    np.savez(folder / "t.npz", features=features, labels=labels)
    return strict(invoke("probe", folder / "t.npz", "--json", *options).stdout)


def drawn(n, d, classes=2, seed=0):
    rng = np.random.default_rng([seed, n, d, classes])
    return rng.standard_normal((n, d)), rng.permutation(np.arange(n) % classes)


def check_form(found):
    assert list(found) == ["data", "head", "instability", "certificate", "bounds", "reasons"]
    n, d, k = (found["data"][key] for key in ("samples", "features", "classes"))
    assert set(found["data"]) == {"samples", "features", "classes", "radius", "separable", "margin", "support_vectors"}
    assert set(found["head"]) == {
        "loss", "steps", "step_size", "smoothness", "deletion", "solver", "weights", "norm",
    }  # fmt: skip
    assert np.shape(found["head"]["weights"]) == (1 if k == 2 else k, d)
    assert len(found["data"]["margin"]) == 2
    for side in ("instability", "certificate"):
        assert found[side] is None or set(found[side]) == QUANTITIES
        for each in (found[side] or {}).values():
            assert each is None or (set(each) == SUMMARY and len(each["per_sample"]) == n)
    for bound in found["bounds"]:
        assert set(bound) == {"id", "quantity", "value", "measured", "ratio", "verdict", "reasons"}
        assert bound["verdict"] in ("HOLDS", "VIOLATED", "INAPPLICABLE", "INCONCLUSIVE", "SOLVER_FAILED")
        assert bound["reasons"] or bound["verdict"] == "HOLDS"
    for path in nulls(found):
        row = re.match(r"bounds\.(\d+)\.", path)  # a bound brings its own reasons
        assert found["reasons"].get(path) or (row and found["bounds"][int(row[1])]["reasons"]), path
    for path, reason in found["reasons"].items():
        value = found
        for key in path.split("."):
            value = value[int(key)] if isinstance(value, list) else value[key]
        assert value is None, path
        assert reason and "\n" not in reason


def nulls(value, path=""):
    if value is None:
        yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from nulls(inner, f"{path}.{key}".lstrip("."))
