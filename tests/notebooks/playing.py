"""A notebook opened as a reader opens it, run from top to bottom, then once more cell by cell with answers filled in."""

import os
import time
from itertools import pairwise
from pathlib import Path

import jupytext
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "notebooks"
NAMES = [path.stem for path in sorted(FOLDER.glob("[0-9]*.py"))]
CPU = "import time; print(time.process_time())"


class Reader:
    """A kernel with one notebook: `cells` as they stand, `run` for what somebody types."""

    def __init__(self, client):
        self.client = client
        self.cells = list(client.nb.cells)

    def play(self):
        for index, cell in enumerate(self.cells):
            self.client.execute_cell(cell, index)

    def run(self, source):
        """What the source prints."""
        cells = self.client.nb.cells
        cells.append(new_code_cell(source))
        return printed(self.client.execute_cell(cells[-1], len(cells) - 1), "stdout")

    def exercises(self):
        """The cells that wait for an answer, each with the cell that checks it."""
        code = [cell for cell in self.cells if cell.cell_type == "code"]
        return [pair for pair in pairwise(code) if "exercise" in pair[0].metadata.get("tags", ())]


def printed(cell, stream):
    return "".join(out.text for out in cell.outputs if out.output_type == "stream" and out.name == stream)


def play(name, folder, typed, answers):
    """What came of a notebook, as plain data.

    folder   where it runs, and leaves what it writes
    typed    expressions about its story, to be true once it has run
    answers  one list an exercise: attempts, the right one last
    """
    client = NotebookClient(
        jupytext.read(FOLDER / f"{name}.py"),
        kernel_name="python3",
        timeout=300,
        resources={"metadata": {"path": str(folder)}},
    )
    env = {
        "TIGHTROPE_SMOKE": "1",  # TIGHTROPE_SMOKE=0 in the environment plays them in full
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, FOLDER))),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": "1",  # other tests run beside
        "IPYTHONDIR": str(folder / "ipython"),
        "TIGHTROPE_CACHE": str(folder / "cache"),
    }
    with client.setup_kernel(env=env):
        reader, start = Reader(client), time.monotonic()
        reader.play()
        played = {
            "seconds": time.monotonic() - start,
            "cpu": float(reader.run(CPU)),
            "stdout": [printed(cell, "stdout") for cell in reader.cells if cell.cell_type == "code"],
            "stderr": [printed(cell, "stderr") for cell in reader.cells if cell.cell_type == "code"],
            "pictures": sum(
                "image/png" in out.get("data", ()) for cell in reader.cells for out in cell.get("outputs", ())
            ),
            "where": reader.run("import lesson, verify; print(lesson.__file__, verify.__file__)").split(),
            "typed": [reader.run(f"print(bool({source}))").strip() for source in typed],
        }
        places = reader.exercises()
        played["exercises"] = [cell.source for cell, _ in places]
        played["untouched"] = [printed(checked, "stdout") for _, checked in places]
        played["tried"] = [
            [reader.run(f"{attempt}\n{checked.source}") for attempt in attempts]
            for (_, checked), attempts in zip(places, answers, strict=True)
        ]
        if "encoded" in reader.run("print(*dir())"):
            played["without encoder"] = reader.run(WITHOUT_ENCODER)
    return played


WITHOUT_ENCODER = """
def encoded(texts):
    raise MissingExtra("text needs the extra: pip install …")

for source in [source for source in In if "embedded" in source and "def " not in source][:2]:
    exec(source)
"""
