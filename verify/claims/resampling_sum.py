"""The resample variance of a head's direction against two Efron–Stein sums: of retrained replicas, and of certificates."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from synth.designs import LogGrid
from synth.generate import generate
from verify.claims.design import SHAM, spec_of
from verify.claims.experiment import Cell, Experiment, Row
from verify.claims.heads import common_step
from verify.resampling import draw_jobs, resampled
from verify.solvers.tune import tune
from verify.statistics import LEVEL
from verify.tuning import HeadTuning

FAMILIES = ("cap", "mixture", "label-noise", "network")
SAMPLES, DIMENSIONS = LogGrid((12, 16, 24, 32)), LogGrid((2, 4, 8, 16))
DRAWS = 32


def measure(indices: Sequence[int], seed: int) -> Iterator[Row]:
    """The variance over draws in the arm `drawn`, and in `efron-stein` the mean of the sums that bound it.

    variance            Σ_i ‖ŵ_S − ŵ_{S∖i}‖², every replica retrained
    variance-certified  Σ_i chord(c_i/‖w‖)², from one run a draw
    """
    for index in indices:
        spec = replace(spec_of("variance", index, FAMILIES, samples=SAMPLES, dimensions=DIMENSIONS), draws=DRAWS)
        pilot = generate(spec, seed, "pilot")
        tuning = HeadTuning(steps=1000, step_size=0.7 * common_step(pilot))  # fixed before any sample is drawn
        for own, arms in (
            (spec, ("drawn", "efron-stein")),
            (replace(spec, index=SHAM + index), ("", "efron-stein again")),
        ):
            jobs = draw_jobs(own, tuning, pilot, seed)
            jobs = replace(jobs, few=jobs.every)
            fits = tune(jobs.every, threads=1)
            found = resampled(jobs, fits, fits, LEVEL)
            for name, total in (("variance", found.measured), ("variance-certified", found.certified)):
                for arm, interval in zip(arms, (found.variance, total), strict=True):
                    if arm:
                        yield Row(*Cell(spec.name, "", arm, 1.0), name, DRAWS, float(interval.value))


EXPERIMENT = Experiment(
    id="variance", about="variance of the direction over draws of the sample, and what bounds it", tasks=300, quick=30,
    block=10, measure=measure,
)  # fmt: skip
