"""Run directories to draw from."""

from pathlib import Path

import pytest
from invented_runs import RUNS, save


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run directory of every kind, by name."""
    root = tmp_path_factory.mktemp("runs")
    return {name: save(root / name, *tables()) for name, tables in RUNS.items()}
