"""The site, built once, strictly, by a process that may not open a connection."""

import os
import socket
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOOKS = ROOT / "docs" / "hooks"
PATIENCE = 300  # seconds


def no_network(*address):
    raise AssertionError(f"the build opens a connection: {address[1:]}")


def build_into(place):
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", no_network)
        patch.setattr(socket, "getaddrinfo", no_network)
        config = load_config(str(ROOT / "mkdocs.yml"), site_dir=str(place), strict=True)
        config.plugins.on_startup(command="build", dirty=False)
        build(config)
        config.plugins.on_shutdown()


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Built by the process of this session that comes first; the others wait for it."""
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    place, done = shared / "site", shared / "site-done"
    try:
        place.mkdir()
    except FileExistsError:
        end = time.monotonic() + PATIENCE
        while not done.exists() and time.monotonic() < end:
            time.sleep(0.2)
    else:
        try:
            build_into(place)
        finally:
            done.touch()
    assert (place / "sitemap.xml").is_file(), "the site was not built; the first process says why"
    return place


@pytest.fixture
def hook(monkeypatch):
    """A hook by its name, as MkDocs imports it: those beside it are at hand."""
    from importlib import import_module

    monkeypatch.syspath_prepend(HOOKS)
    yield import_module
    for name in [name for name, module in sys.modules.items() if str(HOOKS) in str(getattr(module, "__file__", ""))]:
        if "/" not in name:  # those that MkDocs loaded bear their path for a name
            monkeypatch.delitem(sys.modules, name)
