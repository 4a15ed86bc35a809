"""One task's descent, compiled: the run on all samples, and the replicas without the samples of some rows.

The recursion is that of `descent.py`. A tile of replicas goes through its step (product, change of the pulls, product)
while it lies in the cache. Tiles and blocks are cut by the shape of the task alone, so neither threads nor company
change a bit; and arrays start on 64 bytes, since the bits of a product may depend on that.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from verify.solvers.blas import SMALL, Room, add_product, gemm_address
from verify.solvers.compiled import compiled, fma, widest
from verify.solvers.compiled_losses import CODES, change, pulls
from verify.solvers.prepare import Prepared
from verify.solvers.state import State

Floats = NDArray[np.float64]
Reals = NDArray[np.float32] | Floats

BLOCK_BYTES = 1 << 18  # features read once for the end of one step and the start of the next
TILE_ROWS, TILE_BYTES = 64, 1 << 18  # at most, of the differences of outputs between the two products of a step


class Problem(NamedTuple):
    """What a step reads; `low` the features in the precision of the differences."""

    loss: int
    classes: int  # outputs a sample, k
    gemm: int
    low_gemm: int
    shrink: float  # 1 − ηλ
    eta: float
    own: float  # η·scale
    shared: float  # what a replica takes of the whole gradient: η·scale/n where it is reweighted, or 0
    first_row: int
    features: Floats  # (n, d)
    low: Reals  # (n, d)
    across: Reals  # (d, n) the same by columns, or (d, 0) without replicas
    norms: Floats  # (n,)
    labels: NDArray[np.int64]  # (n,)
    order: NDArray[np.int64]  # (steps, b) samples of each minibatch; (1, n) all of them for the full batch


class Runs(NamedTuple):
    """What a step moves, and what its start hands to its end."""

    weights: Floats  # (H·k, d)
    outputs: Floats  # (H·k, n)
    certificates: Floats  # (H, n)
    largest: Floats  # (H, n) ‖∇ℓ_i(w_s)‖ so far
    differences: Reals  # (H, rows·k, d)
    pull: Floats  # (H·k, n); `other` as in compiled_losses
    other: Floats
    gradient: Floats  # (H·k, d)
    along: Floats  # (H·k, n) gradient·z_j
    omega: Floats  # (n,) weights of the samples in this step
    cancelled: NDArray[np.bool_]  # (H, n) where ∇R_S and ∇ℓ_i nearly agree


class Work(NamedTuple):
    """Room for the samples of one step (k, b), by the names of Runs, and for a tile of differences of their outputs."""

    outputs: Floats
    pull: Reals
    other: Reals
    slope: Reals
    push: Reals  # (2k, d) η·shared gradient, and η·inj_i where it had to be formed
    likeliest: NDArray[np.int64]  # (b,) classes
    low_room: Reals  # (2, b)
    room: Floats  # (2, max(n, b))
    next_gradient: Floats  # (H·k, d)
    batch: Floats  # (b, d) features of a minibatch
    batch_pull: Floats  # (H·k, b)
    low_batch: Reals  # (b, d)
    across_batch: Reals  # (d, b)
    tile: Reals  # (tile·k, b)


def descend(p: Prepared, rows: range, stops: Sequence[int]) -> Iterator[State]:
    """The states after so many steps, ascending, with the replicas `rows`."""
    tuning, (heads, k, d), n = p.job.tuning, p.starts.shape, len(p.features)
    low, reweighted = np.dtype(tuning.dtype), tuning.deletion == "reweighted"
    own = p.eta * n / (n - 1) if reweighted else p.eta
    room = Room()
    copy, zeros = room.copy, room.zeros
    problem = Problem(
        loss=CODES[p.loss],
        classes=k,
        gemm=gemm_address("float64"),
        low_gemm=gemm_address(tuning.dtype, small=n * n * d * k <= SMALL),
        shrink=1 - p.eta * tuning.l2,
        eta=p.eta,
        own=own,
        shared=own / n if reweighted else 0.0,
        first_row=rows.start,
        features=p.features,
        low=p.features if low == np.float64 else copy(p.features if rows else p.features[:0], low),
        across=copy(p.features.T if rows and p.order is None else p.features[:0].T, low),
        norms=np.linalg.norm(p.features, axis=1),
        labels=np.array(p.job.task.labels, np.int64),
        order=np.arange(n)[None] if p.order is None else p.order,
    )
    b = problem.order.shape[1]
    gathered = b if p.order is not None else 0
    tile = _tile_rows(p) * k if rows else 0

    runs = Runs(
        weights=copy(p.starts.reshape(heads * k, d)),
        outputs=zeros(heads * k, n),
        certificates=zeros(heads, n),
        largest=zeros(heads, n),
        differences=zeros(heads, len(rows) * k, d, dtype=low),
        pull=zeros(heads * k, n),
        other=zeros(heads * k, n),
        gradient=zeros(heads * k, d),
        along=zeros(heads * k, n),
        omega=np.full(n, 1 / n),
        cancelled=np.zeros((heads, n), bool),
    )
    work = Work(
        outputs=zeros(k, b),
        pull=zeros(k, b, dtype=low),
        other=zeros(k, b, dtype=low),
        slope=zeros(k, b, dtype=low),
        push=zeros(2 * k, d, dtype=low),
        likeliest=np.zeros(b, np.int64),
        low_room=zeros(2, b, dtype=low),
        room=zeros(2, max(n, b)),
        next_gradient=zeros(heads * k, d),
        batch=zeros(gathered, d),
        batch_pull=zeros(heads * k, gathered),
        low_batch=zeros(gathered, d, dtype=low),
        across_batch=zeros(d, gathered, dtype=low),
        tile=zeros(tile, b, dtype=low),
    )
    add_product(problem.gemm, 1.0, runs.weights, p.features, True, 0.0, runs.outputs)
    step = 0
    for stop in stops:
        _advance(problem, runs, work, step, stop - step)
        step = stop
        yield State(
            step=step,
            heads=runs.weights.reshape(heads, k, d).copy(),
            differences=runs.differences.mean(axis=0, dtype=np.float64).reshape(-1, k, d) if rows else None,
            certificates=runs.certificates.mean(axis=0),
            gradient_bound=float(runs.largest.max()),
        )


def parts(p: Prepared, count: int) -> list[range]:
    """The replicas in about so many ranges of whole tiles."""
    n, tile = len(p.features), _tile_rows(p)
    rows = tile * -(-n // (tile * count))
    return [range(first, min(first + rows, n)) for first in range(0, n, rows)]


def _tile_rows(p: Prepared) -> int:
    width = len(p.features) if p.order is None else p.order.shape[1]
    fitting = TILE_BYTES // (p.starts.shape[1] * width * np.dtype(p.job.tuning.dtype).itemsize)
    return min(TILE_ROWS, max(8, fitting // 8 * 8))


@compiled()
def _advance(problem, runs, work, first, steps):
    """So many steps, the first of them number `first`.

    Without replicas the end of a step and the start of the next share one pass over the features; replicas move in
    between, and need the whole of either.
    """
    n, d = problem.features.shape
    widest()
    replicas, full, gradient = runs.differences.shape[1] > 0, len(work.batch) == 0, work.next_gradient
    size = max(16, BLOCK_BYTES // (8 * d))
    for step in range(first, first + steps + 1):
        ends, starts = step > first, step < first + steps
        if ends and replicas:
            for j in range(0, n, size):
                _certify(problem, runs, work, j, min(j + size, n))
            if full:
                _move_replicas(problem, runs, work, problem.low, problem.across, problem.order[0])
            else:
                _copy(work.batch, work.low_batch)
                _copy(work.batch.T, work.across_batch)
                _move_replicas(problem, runs, work, work.low_batch, work.across_batch, problem.order[step - 1])
        gradient[:] = 0
        for j in range(0, n, size):
            end = min(j + size, n)
            if ends and not replicas:
                _certify(problem, runs, work, j, end)
            if ends:
                _move(problem, runs.outputs, runs.along, j, end)
            if starts:
                pulls(problem.loss, runs.outputs, problem.labels, problem.classes, j, end,
                      runs.pull, runs.other, work.room)  # fmt: skip
            if starts and full:
                add_product(problem.gemm, 1 / n, runs.pull[:, j:end], problem.features[j:end], False, 1.0, gradient)
        if ends:
            _move(problem, runs.weights, runs.gradient, 0, d)
        if starts and not full:
            _gather(problem, runs, work, problem.order[step])
        _copy(gradient, runs.gradient)


@compiled()
def _copy(source, target):
    for i in range(len(source)):
        row, copy = source[i], target[i]
        for j in range(len(row)):
            copy[j] = row[j]


@compiled()
def _move(problem, values, along, first, end):
    for i in range(len(values)):
        row, push = values[i], along[i]
        for j in range(first, end):
            row[j] = fma(problem.eta, push[j], problem.shrink * row[j])


@compiled()
def _gather(problem, runs, work, columns):
    """The samples of a minibatch, their weights, and their gradient."""
    runs.omega[:] = 0
    for x in range(len(columns)):
        runs.omega[columns[x]] += 1 / len(columns)
        for m in range(work.batch.shape[1]):
            work.batch[x, m] = problem.features[columns[x], m]
        for c in range(len(runs.pull)):
            work.batch_pull[c, x] = runs.pull[c, columns[x]]
    add_product(problem.gemm, 1 / len(columns), work.batch_pull, work.batch, False, 0.0, work.next_gradient)


@compiled()
def _certify(problem, runs, work, first, end):
    """Of the samples from `first` to `end`: gradient·z_j, c_j ← (1 − ηλ)c_j + η‖inj_j‖, and where ∇R_S and ∇ℓ_j cancel."""
    add_product(problem.gemm, 1.0, runs.gradient, problem.features[first:end], True, 0.0, runs.along[:, first:end])
    classes, sizes, products, norms = problem.classes, work.room[0], work.room[1], problem.norms
    own, shared, shrink, omega = problem.own, problem.shared, problem.shrink, runs.omega
    for h in range(len(runs.certificates)):
        largest, cancelled, certificates = runs.largest[h], runs.cancelled[h], runs.certificates[h]
        whole, several = 0.0, classes > 1
        for c in range(h * classes, (h + 1) * classes):
            pull, along, begin = runs.pull[c], runs.along[c], c == h * classes
            whole += _square(runs.gradient[c])
            for j in range(first, end):
                sizes[j] = (0.0 if begin else sizes[j]) + (pull[j] * pull[j] if several else abs(pull[j]))
                products[j] = fma(pull[j], along[j], 0.0 if begin else products[j])
        # lengths are squared when they are of the size of the certificates: η alone may be as large as 1/‖z‖²
        reach, small = shared * np.sqrt(whole), 0
        for j in range(first, end):
            length = (np.sqrt(sizes[j]) if several else sizes[j]) * norms[j]
            largest[j] = length if length > largest[j] else largest[j]
            weight = own * omega[j]
            total = (length * weight) * (length * weight) + reach * reach
            square = total - 2 * (shared * products[j]) * weight
            cancelled[j] = shared > 0 and square < 1e-3 * total
            small += cancelled[j]
            sizes[j] = np.sqrt(abs(square)) if shared > 0 else weight * length
        if small:
            _form_cancelled(problem, runs, work, h, first, end)
        for j in range(first, end):
            certificates[j] = shrink * certificates[j] + sizes[j]


@compiled(fastmath={"reassoc"})
def _square(values):
    total = 0.0
    for j in range(len(values)):
        total += values[j] * values[j]
    return total


@compiled()
def _form_cancelled(problem, runs, work, h, first, end):
    """η‖inj_j‖ from inj_j itself where the expanded square would have lost its digits."""
    classes = problem.classes
    for j in range(first, end):
        if runs.cancelled[h, j]:
            square, own = 0.0, problem.own * runs.omega[j]
            for c in range(h * classes, (h + 1) * classes):
                for m in range(problem.features.shape[1]):
                    part = problem.shared * runs.gradient[c, m] - own * runs.pull[c, j] * problem.features[j, m]
                    square += part * part
            work.room[0, j] = np.sqrt(square)


@compiled()
def _move_replicas(problem, runs, work, low, across, columns):
    """All replicas one step on, driven by the samples `columns`, whose features are `low` and, by columns, `across`."""
    heads, rows, _ = runs.differences.shape
    width, real = len(columns), low.dtype.type
    for h in range(heads):
        _select(problem, runs, work, h, columns)
        for first in range(0, rows, len(work.tile)):
            differences = runs.differences[h, first : first + len(work.tile)]
            changes = work.tile[: len(differences)]
            add_product(problem.low_gemm, real(1), differences, across, False, real(0), changes)
            change(problem.loss, changes, work.outputs, work.pull, work.other, work.slope,
                   work.room, work.low_room, work.likeliest)  # fmt: skip
            _own_pulls(problem, runs, work, h, columns, first, changes)
            if problem.shared > 0 or problem.shrink < 1:
                _push(problem, runs, work, h, first, differences)
            add_product(problem.low_gemm, real(problem.own / width), changes, low, False, real(1), differences)


@compiled()
def _select(problem, runs, work, h, columns):
    """What drives the replicas of head h, from the samples of this step."""
    classes = len(work.outputs)
    for c in range(classes):
        outputs, pull, other = runs.outputs[h * classes + c], runs.pull[h * classes + c], runs.other[h * classes + c]
        work_outputs, work_pull, work_other, slope = work.outputs[c], work.pull[c], work.other[c], work.slope[c]
        for x in range(len(columns)):
            j = columns[x]
            work_outputs[x], work_pull[x], work_other[x], slope[x] = outputs[j], pull[j], other[j], -pull[j] * other[j]
        push, gradient = work.push[c], runs.gradient[h * classes + c]
        for m in range(len(push)):
            push[m] = problem.shared * gradient[m]


@compiled()
def _own_pulls(problem, runs, work, h, columns, first, changes):
    """What sample i pulls in the run on all, its replica lacks; where inj_i had to be formed, it holds that already."""
    classes, cancelled, pull = problem.classes, runs.cancelled[h], work.pull
    replica, zero = problem.first_row + first // classes, changes.dtype.type(0)
    for x in range(len(columns)):
        row = (columns[x] - replica) * classes
        if 0 <= row < len(changes):
            for c in range(classes):
                changes[row + c, x] = zero if cancelled[columns[x]] else -pull[c, x]


@compiled()
def _push(problem, runs, work, h, first, differences):
    """Shrink, and add what a replica takes of the whole gradient, or η·inj_i itself where its two parts nearly cancel."""
    classes, cancelled, shrink = problem.classes, runs.cancelled[h], differences.dtype.type(problem.shrink)
    replica = problem.first_row + first // classes
    for c in range(classes):
        push, injected, k = work.push[c], work.push[classes + c], h * classes + c
        for r in range(c, len(differences), classes):
            row, j = differences[r], replica + r // classes
            if cancelled[j]:
                own = problem.own * runs.omega[j] * runs.pull[k, j]
                for m in range(len(row)):
                    injected[m] = problem.shared * runs.gradient[k, m] - own * problem.features[j, m]
                    row[m] = fma(shrink, row[m], injected[m])
            else:
                for m in range(len(row)):
                    row[m] = fma(shrink, row[m], push[m])
