"""What was measured: rows that compare with a peer, findings that have none, and the table of both."""

import json
import math
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PEERS = ("torch-loop", "torch-vmap", "jax-vmap", "jax-batched", "sklearn", "matmul", "direct-gd")


@dataclass(frozen=True, kw_only=True)
class Row:
    """Ours against a peer: seconds of the pair of runs whose ratio is the median, and the range of all pairs' ratios."""

    name: str
    peer: str
    size: str
    ours_s: float
    peer_s: float
    repeats: int
    dtype: str = "float64"
    low: float = math.nan
    high: float = math.nan
    note: str = ""
    more: Mapping[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """How many times longer the peer takes."""
        return self.peer_s / self.ours_s

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON; a number that is not there is null."""
        plain = {**vars(self), "ratio": self.ratio, **self.more}
        del plain["more"]
        return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in plain.items()}


@dataclass
class Report:
    """Collects as the sections measure, and says so on stderr meanwhile."""

    rows: list[Row] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)

    def say(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    def compare(self, row: Row) -> None:
        self.rows.append(row)
        self.say(_line(row))

    def find(self, name: str, **values: Any) -> None:
        self.findings.append({"name": name, **values})
        self.say(_finding(self.findings[-1]))

    def write(self, folder: Path) -> None:
        """bench.json: the rows whose peer is one of PEERS. scaling.json: everything else."""
        folder.mkdir(parents=True, exist_ok=True)
        own = [row.to_dict() for row in self.rows if row.peer in PEERS]
        rest = [row.to_dict() for row in self.rows if row.peer not in PEERS]
        (folder / "bench.json").write_text(json.dumps(own, indent=2) + "\n")
        (folder / "scaling.json").write_text(json.dumps(self.findings + rest, indent=2) + "\n")

    def table(self) -> str:
        """All of it as text."""
        lines = [_HEAD, *map(_line, self.rows)] if self.rows else []
        lines += self._better_of_two()
        if self.findings:
            lines += ["", "without a peer", *map(_finding, self.findings)]
        return "\n".join(lines)

    def _better_of_two(self) -> list[str]:
        """JAX in its better form, for each problem that it was given in both."""
        both: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        for row in self.rows:
            if row.peer.startswith("jax"):
                both[row.name, row.size, row.dtype].append(row)
        best = [min(rows, key=lambda row: row.ratio) for rows in both.values() if len(rows) > 1]
        if not best:
            return []
        return ["", "JAX, the better of the two", *map(_line, best)]


_HEAD = (
    f"{'name':38} {'size':28} {'dtype':8} {'peer':13} {'ours s':>9} {'peer s':>9} {'ratio':>8} {'range':>17} {'of':>3}"
)


def _line(row: Row) -> str:
    span = f"{row.low:.3g} – {row.high:.3g}" if math.isfinite(row.low) else ""
    return (
        f"{row.name:38} {row.size:28} {row.dtype:8} {row.peer:13} {row.ours_s:9.3g} {row.peer_s:9.3g} "
        f"{row.ratio:8.3g} {span:>17} {row.repeats:3}  {row.note}"
    ).rstrip()


def _finding(found: Mapping[str, Any]) -> str:
    values = (f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in found.items() if k != "name")
    return f"{found['name']:38} " + ", ".join(values)
