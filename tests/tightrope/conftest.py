"""A small run that several tests look at."""

import pytest
from calling import invoke


@pytest.fixture(scope="session")
def run_dir(tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "smoke"
    first = invoke("run", "smoke", "--tasks", 3, "--workers", 1, "--out", path)
    assert "no proven bound was violated" in first.stdout
    assert "nothing recomputed" not in first.stdout
    return path
