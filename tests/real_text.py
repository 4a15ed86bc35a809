"""Sentences that people have rated, for tests: those of Hutto & Gilbert 2014, in the source distribution of vaderSentiment.

Mean ratings from −4 to +4 of tweets; MIT licence. pip fetches the archive once into build/, and checks its hash before anything
of it is looked at. Tests that need it are skipped, with the reason, where it cannot be had.
"""

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
from functools import cache
from pathlib import Path

import pytest

from synth.text import Texts

SHA256 = "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9"
NAME = "vaderSentiment-3.3.2.tar.gz"
FOLDER = Path(__file__).parents[1] / "build" / "real-text"
INSIDE = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
TWEETS = "hutto_ICWSM_2014/tweets_GroundTruth.txt"
CLEAR = 1.0  # a mean rating at least so far from neutral


def tweets(limit):
    """`limit` tweets of those that were clearly rated negative or positive, in their proportion."""
    content, why = archive()
    if content is None:
        pytest.skip(f"no real sentences: {why}")
    with tarfile.open(fileobj=io.BytesIO(member(content, INSIDE))) as inner:
        lines = inner.extractfile(TWEETS).read().decode().splitlines()
    rated = [(float(rating), text) for _, rating, text in (line.split("\t") for line in lines)]
    clear = [(rating > 0, text) for rating, text in rated if abs(rating) >= CLEAR]
    labels, texts = zip(*clear, strict=True)
    return Texts(texts, labels, ("negative", "positive"), name="tweets").subset(limit)


def member(content, name):
    with tarfile.open(fileobj=io.BytesIO(content)) as outer:
        return outer.extractfile(name).read()


@cache
def archive():
    """Its bytes, or None and why not. Two workers may both fetch it: each into a folder of its own, then renamed."""
    path = FOLDER / NAME
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=FOLDER) as beside:
            wanted = Path(beside) / "wanted.txt"
            wanted.write_text(f"vaderSentiment==3.3.2 --hash=sha256:{SHA256}\n")
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--retries", "0",
                   "--timeout", "10", "--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--require-hashes",
                   "-r", str(wanted), "-d", beside]  # fmt: skip
            try:
                done = subprocess.run(pip, capture_output=True, text=True, check=False, timeout=90)
            except subprocess.TimeoutExpired:
                return None, "pip took more than 90 s"
            if done.returncode:
                return None, (done.stderr.strip().splitlines() or ["pip failed"])[-1]
            next(Path(beside).glob("*.tar.gz")).replace(path)
    content = path.read_bytes()
    assert hashlib.sha256(content).hexdigest() == SHA256, f"{path} is not what it was; delete it"
    return content, None
