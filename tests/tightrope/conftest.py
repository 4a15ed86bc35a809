"""A small run that several tests look at."""

import hostile_report
import pytest
from calling import invoke


@pytest.fixture(scope="session")
def run_dir(tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "smoke"
    first = invoke("run", "smoke", "--tasks", 3, "--workers", 1, "--out", path)
    assert "no proven bound was violated" in first.stdout
    assert "nothing recomputed" not in first.stdout
    return path


@pytest.fixture(scope="session")
def hostile_run(tmp_path_factory):
    return hostile_report.write(tmp_path_factory.mktemp("report"))
