"""One random stream per purpose, from one seed: numpy's SeedSequence tree with names for branches."""

import hashlib

import numpy as np

SeedPath = tuple[str | int, ...]


def stream(seed: int, *path: str | int) -> np.random.Generator:
    """The generator at `path` below `seed`; equal arguments give equal streams, whatever else was drawn.

    A name becomes the first 4 bytes of its SHA-256, so that adding a purpose moves no other stream.
    """
    key = tuple(part if isinstance(part, int) else _key(part) for part in path)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy=seed, spawn_key=key)))


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
