"""The losses of `losses.py` compiled: one pass over the differences of the outputs, in which nothing cancels.

Everything rests on one series for e^x and e^x − 1 together.
"""

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload

from verify.solvers.compiled import compiled, fma, widest

LOGISTIC, SOFTMAX, EXPONENTIAL, SQUARED = range(4)
CODES = {"logistic": LOGISTIC, "softmax": SOFTMAX, "exponential": EXPONENTIAL, "squared": SQUARED}


@intrinsic
def _power_of_two(typing: Any, shifted: Any) -> Any:
    """2^k from k + 1.5·2^(mantissa bits), whose last bits are k."""
    bits, bias, mantissa = (64, 1023, 52) if shifted == types.float64 else (32, 127, 23)

    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        whole = ir.IntType(bits)
        k = builder.bitcast(values[0], whole)
        return builder.bitcast(builder.shl(builder.add(k, whole(bias)), whole(mantissa)), values[0].type)

    return shifted(shifted), emit


MOST = {"float64": 708.0, "float32": 87.0}  # e^±most is a normal number
# mantissa bits, terms of the series, and ln 2 in two parts: a short one, so that its small multiples are exact, and the rest
_DIGITS = {
    "float64": (52, 13, float.fromhex("0x1.62e42feep-1"), float.fromhex("0x1.a39ef35793c76p-33")),
    "float32": (23, 7, float.fromhex("0x1.63p-1"), float.fromhex("-0x1.bd0106p-13")),
}


def growth(x):
    """e^x − 1 and e^x, each to a few units in its last place; beyond ±MOST as there, NaN from NaN."""
    raise NotImplementedError  # compiled code alone calls it, by the overload below


@overload(growth)
def _growth(x):
    real = np.float64 if x == types.float64 else np.float32
    mantissa, terms, *parts = _DIGITS[real.__name__]
    octave, rest, per_octave = real(parts[0]), real(parts[1]), real(1 / math.log(2))
    most, shift, one = real(MOST[real.__name__]), real(1.5 * 2.0**mantissa), real(1)
    first, *others = [real(1 / math.factorial(i)) for i in range(terms, 1, -1)]
    series = tuple(others)

    def both(x):
        x = most if x > most else x
        x = -most if x < -most else x
        shifted = fma(x, per_octave, shift)
        k = shifted - shift
        r = fma(k, -rest, fma(k, -octave, x))
        q = first
        for coefficient in series:
            q = fma(q, r, coefficient)
        q = fma(q, r * r, r)  # e^r − 1
        power = _power_of_two(shifted)
        return fma(power, q, power - one), fma(power, q, power)

    return both


_MOST64, _FAR64 = MOST["float64"], 600.0


@compiled()
def pulls(loss, outputs, labels, classes, first, end, pull, other, room):
    """The pulls of the samples from `first` to `end`; all (heads·classes, samples) float64.

    `other` receives 1 − pull for the logistic loss and the shares e^o/Σe^o for the softmax loss; `room` is (2, samples).
    """
    for row in range(0, len(outputs), classes):
        m, p, u = outputs[row], pull[row], other[row]
        if loss == SOFTMAX:
            rows = slice(row, row + classes)
            _softmax_pulls(outputs[rows], labels, first, end, pull[rows], other[rows], room[0], room[1])
        elif loss == LOGISTIC:
            for j in range(first, end):
                _, e = growth(-abs(m[j]))
                small, large = e / (1 + e), 1 / (1 + e)
                p[j] = small if m[j] > 0 else large
                u[j] = large if m[j] > 0 else small
        elif loss == EXPONENTIAL:
            for j in range(first, end):
                _, e = growth(-m[j])
                p[j] = np.inf if m[j] < -_MOST64 else e
        else:
            for j in range(first, end):
                p[j] = 1 - m[j]


@compiled()
def _softmax_pulls(outputs, labels, first, end, pull, share, most, total):
    for c in range(len(outputs)):
        row = outputs[c]
        for j in range(first, end):
            most[j] = row[j] if c == 0 or row[j] > most[j] else most[j]
    for c in range(len(outputs)):
        row, part = outputs[c], share[c]
        for j in range(first, end):
            _, e = growth(row[j] - most[j])
            part[j] = e
            total[j] = e if c == 0 else total[j] + e
    for c in range(len(outputs)):
        row, part = pull[c], share[c]
        for j in range(first, end):
            part[j] /= total[j]
            row[j] = -part[j]
    for j in range(first, end):
        others = 0.0  # 1 − p_y without its cancellation
        for c in range(len(outputs)):
            others += 0.0 if c == labels[j] else share[c, j]
        pull[labels[j], j] = others


@compiled()
def change(loss, differences, outputs, pull, other, slope, room, low_room, likeliest):
    """pull(outputs + differences) − pull(outputs), in place of the differences (replicas·classes, samples).

    outputs               (classes, samples) float64
    pull, other, slope    the same in the precision of the differences; slope = −pull·other of the logistic loss
    room, low_room        (2, samples) in either precision; likeliest (samples,) integers
    """
    if loss == LOGISTIC:
        _change_logistic(differences, outputs[0], pull[0], other[0], slope[0], room)
    elif loss == SOFTMAX:
        _change_softmax(differences, outputs, other, low_room[0], low_room[1], likeliest)
    elif loss == EXPONENTIAL:
        p = pull[0]
        for i in range(len(differences)):
            row = differences[i]
            for j in range(len(row)):
                row[j] = p[j] * growth(-row[j])[0]
    else:
        for i in range(len(differences)):
            row = differences[i]
            for j in range(len(row)):
                row[j] = -row[j]


@compiled()
def _change_logistic(differences, m, p, u, slope, room):
    """With E = e^Δ − 1 and u = 1 − p: p(m+Δ) − p = −puE/(p + ue^Δ)."""
    widest()
    limit, far, beyond = _far(differences), 0, 0
    for j in range(len(m)):
        far += abs(m[j]) > limit
        beyond += abs(m[j]) > _FAR64
    if beyond:
        _change_beyond(differences, m)
    elif far:
        _change_far(differences, m, room[0], room[1])
    else:
        for i in range(len(differences)):
            row = differences[i]
            for j in range(len(row)):
                expm1, exp = growth(row[j])
                row[j] = slope[j] * expm1 / fma(u[j], exp, p[j])


@compiled()
def _change_far(differences, m, p, u):
    """The same in float64, where some p or 1 − p is too small for the product in float32."""
    widest()
    for j in range(len(m)):
        _, e = growth(-abs(m[j]))
        p[j], u[j] = (e if m[j] > 0 else 1.0) / (1 + e), (1.0 if m[j] > 0 else e) / (1 + e)
    for i in range(len(differences)):
        row = differences[i]
        for j in range(len(row)):
            expm1, exp = growth(np.float64(row[j]))
            moved = -p[j] * u[j] * expm1 / fma(u[j], exp, p[j])
            row[j] = moved if abs(moved) > 1e-30 else 0.0  # smaller ones move no digit, and slow the product down


@compiled()
def _change_beyond(differences, m):
    """The same one by one, where even float64 is too short: as a difference, which has lost nothing where Δ is large."""
    for i in range(len(differences)):
        row = differences[i]
        for j in range(len(row)):
            x, p, u = np.float64(row[j]), _sigmoid(-m[j]), _sigmoid(m[j])
            expm1, exp = growth(x)
            row[j] = -p * u * expm1 / (p + u * exp) if abs(x) < 1 else _sigmoid(-m[j] - x) - p


@compiled()
def _far(differences):
    """Beyond this, pull·other of two outputs may leave the floats."""
    return _FAR64 if differences.itemsize == 8 else 60.0


@compiled()
def _sigmoid(x):
    _, e = growth(-abs(x))
    return (1.0 if x > 0 else e) / (1.0 + e)


@compiled()
def _change_softmax(differences, outputs, share, base, mean, likeliest):
    """Δ relative to the likeliest class, E = e^Δ − 1 and s = Σ p_j E_j: p_k(m+Δ) − p_k = p_k(E_k − s)/(1 + s), 1 + s ≥ 1/K."""
    widest()
    classes, n = outputs.shape
    real = differences.dtype.type
    limit, one, far = real(_far(differences)), real(1), 0
    for j in range(n):
        likeliest[j], least = 0, outputs[0, j]
        for c in range(classes):
            likeliest[j] = c if outputs[c, j] > outputs[likeliest[j], j] else likeliest[j]
            least = min(least, outputs[c, j])
        far += outputs[likeliest[j], j] - least > limit
    for first in range(0, len(differences), classes):
        own, wide = differences[first : first + classes], far
        for j in range(n):
            base[j], mean[j] = own[likeliest[j], j], 0
        for c in range(classes):
            row = own[c]
            for j in range(n):
                row[j] -= base[j]
                wide += row[j] > limit
        if wide:
            _far_softmax(own, outputs)
            continue
        for c in range(classes):
            row, part = own[c], share[c]
            for j in range(n):
                expm1, _ = growth(row[j])
                row[j] = expm1
                mean[j] = fma(part[j], expm1, mean[j])
        for c in range(classes):
            row, part = own[c], share[c]
            for j in range(n):
                row[j] = part[j] * (mean[j] - row[j]) / (one + mean[j])


@compiled()
def _far_softmax(differences, outputs):
    """The same, one sample at a time in float64, where a share or e^Δ may leave the floats."""
    for j in range(outputs.shape[1]):
        most, moved, wide = outputs[0, j], outputs[0, j] + differences[0, j], 0.0
        for c in range(len(outputs)):
            most, wide = max(most, outputs[c, j]), max(wide, abs(differences[c, j]))
            moved = max(moved, outputs[c, j] + differences[c, j])
        total, total_moved, mean = 0.0, 0.0, 0.0
        for c in range(len(outputs)):
            power = growth(outputs[c, j] - most)[1]
            total += power
            total_moved += growth(outputs[c, j] + differences[c, j] - moved)[1]
            mean += power * growth(np.float64(differences[c, j]))[0]
        mean /= total
        for c in range(len(outputs)):
            share, x = growth(outputs[c, j] - most)[1] / total, np.float64(differences[c, j])
            near = share * (mean - growth(x)[0]) / (1 + mean)
            differences[c, j] = near if wide < 1 else share - growth(outputs[c, j] + x - moved)[1] / total_moved
