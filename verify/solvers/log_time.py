r"""Gradient descent in logarithmic time: t = e^1000 steps of every leave-one-out replica in some twenty strides.

After the first steps, which are run, each stride covers [s, s + h] in s = ln k by collocation for the difference
equation of gradient descent (`collocation`). Its stage equations D₊W = F(W), F = −ηk(∇R + λw), are solved by Newton's
method in the eigenbasis of each run's curvature, where they are one small system an eigenvalue.

Numerical error. The map T of gradient descent is non-expansive under the step rule, so a polynomial W through W(k_0)
departs from the iterates by at most ‖w_{k_0} − W(k_0)‖ + Σ_k ‖T(W(k)) − W(k+1)‖, terms that l2 makes smaller by 1−ηλ a
step. The sum is taken as the integral over s of the defect D₊W − F(W), at Gauss points between the nodes. It holds at
every s, so a look inside a stride costs an interpolation; and it holds for each replica as for the run on all samples.

Certificates. C_{k+1} = (1−ηλ)C_k + η‖∇R_{S∖i}(W_k) − ∇R_S(W_k)‖ is a linear difference equation on the same strides. Along
W in place of the iterates the proof of `one-run` gives ‖w_t − w_t^{∖i}‖ ≤ C_i(t) + the error of W + its defects, summed;
that is reported.

Rest. Where the risk has a minimiser a run arrives, and then rounding is all that moves it: such a run's clock is stopped,
and the certificate along it, which may go on growing, is continued in closed form.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from verify.solvers.clocked import LARGEST
from verify.solvers.defect import SAFE, added, certified
from verify.solvers.motion import Motion
from verify.solvers.newton import halfway, stages
from verify.solvers.strides import COLLOCATION, Strides

TOLERANCE = 5e-11  # the error a stride may add, relative to the weights
FIRST, SHORTEST = 1.0, 1e-4  # lengths in s; below the shortest the floats cannot tell where the run goes
LOST = 1e-8  # an error relative to the weights at which a task counts as unresolved
RESTED = 40.0  # at such a rate e^−40 is left after a unit of s
NULL = 1e-13  # curvature relative to the largest that rounding cannot tell from none
STILL = 1e-14  # how far from its point of rest a run may be that has arrived, relative to the weights


@dataclass(frozen=True, eq=False, kw_only=True)
class Look:
    """One task at one time: weights (M, P), their errors (M,), certificates (H, n), the largest ‖∇ℓ_i‖ so far."""

    weights: Tensor
    errors: Tensor
    certificates: Tensor
    largest: float


class LogTime:
    """Carries the runs through their strides; tasks go side by side, each on strides of its own.

    weights       (T, M, P) after `steps` steps;  certificates (T, H, n) and largest (T,) there
    full          which H of the M runs are on all samples;  errors (T, M) of the weights
    looks         for each task the times ln k at which to look, ascending, all beyond ln `steps`; the last is its end
    """

    def __init__(
        self,
        motion: Motion,
        weights: Tensor,
        certificates: Tensor,
        largest: Tensor,
        *,
        full: Sequence[int],
        steps: int,
        errors: Tensor,
        looks: Sequence[Sequence[float]],
    ) -> None:
        tasks = len(weights)
        self.motion, self.weights, self.full, self.looks = motion, weights.clone(), list(full), looks
        self.errors, self.plain = errors.clone(), errors.clone()  # plain: with nothing said about what is left of them
        # Taylor coefficients of the weights in s, as the last stride left them; at first no more than the slope F is known
        self.ahead = weights.new_zeros(tasks, len(COLLOCATION.at_end), *weights.shape[1:])
        self.ahead[:, 0] = weights
        self.ahead[:, 1:2] = motion.at(torch.full_like(weights[:, :1, 0], math.log(steps))).movement(weights[:, None])
        self.certificates, self.largest = certificates.clone(), largest.clone()
        self.clock = motion.step_sizes.log().cpu().numpy()
        self.s, self.h = np.full(tasks, math.log(steps)), np.full(tasks, FIRST)
        self.found: list[list[Look]] = [[] for _ in looks]
        self.rested: dict[int, tuple[float, Tensor, Tensor]] = {}  # task → when, C and ηk‖inj‖ then
        self.directions = torch.zeros_like(self.errors, dtype=torch.int64)  # in which a run can move at all
        spectrum = torch.linalg.svdvals(motion.features)
        most = spectrum[:, :1]
        faint = (spectrum > 1e-15 * max(motion.features.shape[1:]) * most) & (spectrum < NULL**0.5 * most)
        self.legible = ~faint.any(dim=1)  # elsewhere a curvature of nearly none may yet matter: never at rest

    def solve(self) -> list[list[Look]]:
        """The looks of every task; NaN where the floats could not follow it."""
        while going := [t for t, looks in enumerate(self.looks) if len(self.found[t]) < len(looks)]:
            # apart, so that how a task's clock is read does not depend on its company
            late = self.clock[going] + self.s[going] + self.h[going] > LARGEST
            for which in (False, True):
                tasks = np.array(going)[late == which]
                if len(tasks):
                    self._stride(tasks, late=which)
        return self.found

    def _stride(self, going: NDArray[np.int64], *, late: bool) -> None:
        """One attempt for each task that is going: taken where its defect is small enough, else shorter the next time."""
        motion = replace(self.motion.of(torch.from_numpy(going)), late=late)
        before, ahead = self.weights[going], self.ahead[going]
        # the last stride runs past the end, where it is read like any other
        strides = Strides(self.s[going], self.h[going].copy(), before.device)
        middle = halfway(motion, strides, ahead)
        found, solved = stages(motion, strides, ahead, middle)
        every = torch.cat([before[:, None], found], dim=1)
        errors, plain, noise = added(motion, strides, every, middle, TOLERANCE)
        beyond = (errors - noise).clamp(min=0)
        share = torch.where(beyond > 0, beyond / torch.linalg.vector_norm(every[:, -1], dim=-1), beyond)
        excess = share.amax(dim=1).cpu().numpy() / TOLERANCE
        solved &= np.isfinite(excess)
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.clip(0.9 * excess ** (-1 / (COLLOCATION.degree + 1)), 0.3, 3.0)
        self.h[going] = strides.length * np.where(solved, factor, 0.5)
        good = solved & (excess <= 1)
        if good.any():
            some = torch.from_numpy(np.flatnonzero(good))
            self.errors[going[good]] += (errors + noise / SAFE)[some]
            self.plain[going[good]] += (plain + noise / SAFE)[some]
            self._take(going[good], motion.of(some), strides.of(good), every[some], middle.rates[some])
        for t in going[~good & (self.h[going] < SHORTEST)]:
            self._give_up(t)

    def _take(self, going: NDArray[np.int64], motion: Motion, strides: Strides, every: Tensor, rates: Tensor) -> None:
        """The stride becomes the past: its looks, its certificates, and who has come to rest."""
        along, lacks, seen = certified(motion, strides, every[:, :, self.full], self.certificates[going])
        self.largest[going] = torch.maximum(self.largest[going], seen)
        for own, t in enumerate(going):
            for s in self._due(t, strides.end[own]):
                inside = strides.at(own, s, along[own]) + lacks[own]
                self._look(t, strides.at(own, s, every[own]), self._continued(t, s, inside))
            self.weights[t], self.s[t] = every[own, -1], strides.end[own]
            self.ahead[t] = strides.ahead(own, every[own])
            self.ahead[t, 0] = self.weights[t]
            self.certificates[t] = self._continued(t, strides.end[own], along[own, -1] + lacks[own])
        self._rest(going, motion, rates)
        sizes = torch.linalg.vector_norm(self.weights[going], dim=-1).amax(dim=1, keepdim=True)
        for t in going[(self.errors[going] > LOST * sizes).any(dim=1).cpu().numpy()]:
            self._give_up(t)

    def _due(self, t: int, after: float) -> list[float]:
        """The looks not yet taken, up to a time."""
        return [s for s in self.looks[t][len(self.found[t]) :] if s <= after]

    def _look(self, t: int, weights: Tensor, certificates: Tensor) -> None:
        errors = self.errors[t].clone()
        # one for W, one for W fed through the map of a replica, of whose curvature nothing is known
        safe = certificates + (errors + self.plain[t])[self.full, None]
        self.found[t].append(Look(weights=weights, errors=errors, certificates=safe, largest=float(self.largest[t])))

    def _rest(self, going: NDArray[np.int64], motion: Motion, rates: Tensor) -> None:
        """Stops the clock of runs that have arrived; a task whose runs all have is done."""
        now = torch.from_numpy(self.s[going]).to(rates.device)[:, None]
        weights = self.weights[going]
        moved, noise = motion.at(now).movement_and_rounding(weights[:, None])
        most = rates.amax(dim=-1, keepdim=True)
        real = (rates > NULL * most) | (motion.l2 > 0)[:, None, None]
        first = self.directions[going] == 0
        self.directions[going] = torch.where(first, real.sum(dim=-1), self.directions[going])
        slowest = rates.masked_fill(~real, torch.inf).amin(dim=-1)
        sizes = torch.linalg.vector_norm(weights, dim=-1)
        shaken = torch.finfo(weights.dtype).eps * sizes * rates.sum(dim=-1)
        speed, rounds = torch.linalg.vector_norm(moved[:, 0], dim=-1), noise[:, 0] + shaken
        still = speed <= SAFE * rounds + STILL * slowest * sizes
        arrived = still & (slowest >= RESTED) & (real.sum(dim=-1) >= self.directions[going]) & self.legible[going, None]
        self.errors[going] += torch.where(arrived, (speed + rounds) / slowest, 0.0)
        self.motion.resting[going] |= arrived
        for own, t in enumerate(going):
            if t not in self.rested and bool(self.motion.resting[t, self.full].all()):
                injected = motion.injected(weights[:, None, self.full], now)[own, 0]
                self.rested[t] = float(self.s[t]), self.certificates[t].clone(), injected
            if bool(self.motion.resting[t].all()):
                for s in self._due(t, math.inf):
                    self._look(t, self.weights[t].clone(), self._continued(t, s, self.certificates[t]))

    def _continued(self, t: int, s: float, certificates: Tensor) -> Tensor:
        """C at time s: as given, or, where the runs on all samples rest, by the sum of a geometric series."""
        if t not in self.rested:
            return certificates
        since, then, sizes = self.rested[t]
        shrinking = float(self.motion.step_sizes[t] * self.motion.l2[t])
        with np.errstate(over="ignore", divide="ignore"):
            steps = np.exp(since) * np.expm1(s - since)
            if shrinking == 0:
                return torch.where(sizes > 0, then + sizes * float(np.expm1(s - since)), then)
            kept = np.exp(steps * np.log1p(-shrinking))
            return then * float(kept) + sizes * float(np.exp(-since) * (1 - kept) / shrinking)

    def _give_up(self, t: int) -> None:
        """The rest of its looks are NaN."""
        lost = torch.full_like(self.weights[t], torch.nan)
        for _ in self._due(t, math.inf):
            self._look(t, lost, self.certificates[t])
