"""The share of this machine's own rate of matrix products that the replicas reach; the elementwise work counts as lost."""

import joblib
import torch

from benchmarks.pairs import paired, seconds
from benchmarks.problem import Dtype, drawn
from benchmarks.report import Report, Row

SIDE = 2048
SIZES = ((256, 32, 16, 1000), (64, 64, 32, 1000), (16, 128, 64, 1000), (4, 256, 128, 1000), (2, 512, 256, 400))
QUICK = ((64, 32, 16, 200), (4, 128, 64, 200))


def measure(report: Report, *, quick: bool) -> None:
    dtypes: tuple[Dtype, ...] = ("float32", "float64")
    for dtype in dtypes:
        a, b = (torch.rand(SIDE, SIDE, dtype=getattr(torch, dtype)) for _ in range(2))
        c = torch.empty_like(a)

        def product(a: torch.Tensor = a, b: torch.Tensor = b, c: torch.Tensor = c) -> torch.Tensor:
            return torch.mm(a, b, out=c)

        product()
        report.find(
            f"matrix-product rate {dtype}",
            gigaflops=2e-9 * SIDE**3 / min(seconds(product) for _ in range(5)),
            side=SIDE,
            threads=torch.get_num_threads(),
        )
        for tasks, n, d, steps in QUICK if quick else SIZES:
            problem = drawn(tasks=tasks, n=n, d=d, steps=steps, dtype=dtype)
            problem.part(steps=2).solve()
            scale = problem.flops / (2 * SIDE**3)
            times = paired(problem.solve, product, scale=scale, repeats=5)
            report.compare(Row(name="share of matmul", peer="matmul", size=problem.size, dtype=dtype, **vars(times)))
    report.find("copy bandwidth", gigabytes=_copied(), threads=joblib.cpu_count())


def _copied() -> float:
    """GB/s read and written by a copy far larger than any cache."""
    source = torch.rand(1 << 27, dtype=torch.float32)
    target = torch.empty_like(source)
    target.copy_(source)
    return 2e-9 * source.nbytes / min(seconds(lambda: target.copy_(source)) for _ in range(5))
