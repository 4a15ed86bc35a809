"""Where every measurement begins: jobs in, fits out, by whichever solver each job asks for or is cheaper."""

from collections.abc import Sequence

import joblib

from verify.replica_fit import ReplicaFit
from verify.solvers.long_runs import long_runs
from verify.solvers.prepare import Job
from verify.solvers.price import solver_of
from verify.solvers.replicas import tune as direct
from verify.solvers.threads import one_thread

__all__ = ["Job", "tune"]


def tune(jobs: Sequence[Job], *, replicas: bool = True, threads: int | None = None) -> list[ReplicaFit]:
    """One fit a job, in the order of the jobs.

    replicas  all leave-one-out replicas, or the run on all samples and its certificates alone
    threads   how many cores of a CPU to use; None for all of them

    A run that diverges, leaves the floats or cannot be resolved is a status, not an exception. Raises BadTuning where a
    tuning does not fit its task, asks for a GPU that is not there, or for the log-time solver where it does not apply.
    """
    long = [solver_of(job.task, job.tuning, replicas=replicas) == "log-time" for job in jobs]
    steps = [job for job, strides in zip(jobs, long, strict=True) if not strides]
    strides = [job for job, strides in zip(jobs, long, strict=True) if strides]
    taken = iter(direct(steps, replicas=replicas, threads=threads) if steps else [])
    with one_thread():
        found = iter(long_runs(strides, replicas=replicas, threads=threads or joblib.cpu_count()) if strides else [])
    return [next(found if strided else taken) for strided in long]
