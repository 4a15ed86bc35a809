# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 5. Test your own bound
#
# **You have proved a bound on the back of an envelope. Is it true?**
#
# Notation: $w_t$ is a head after $t$ steps of gradient descent with step size $\eta$ on all $n$ samples,
# $w_t^{\setminus i}$ the head trained without sample $i$, and $\ell_i$ the loss of sample $i$.
#
# The envelope says: in one step, leaving out sample $i$ changes the gradient by its share, about $\frac1{n-1}$ of a
# gradient no longer than $L$. A step moves the head by $\eta$ times that. After $t$ steps,
#
# $$\frac1n\sum_i\lVert w_t - w_t^{\setminus i}\rVert \;\le\; \frac{L\,\eta\, t}{n-1}, \qquad
# L = \max_{i,\,s<t}\lVert\nabla\ell_i(w_s)\rVert .$$

# %%
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
from lesson import check, draw, pick, plt

from figures import style
from synth.task import Task
from theory.assumptions import CONVEX, NO_L2, STEP_RULE
from theory.bound import Bound, Constants, known
from verify.testing import Case, Refuted, assert_bound_holds, judged
from verify.tuning import HeadTuning
from verify.verdict import Verdict

# %% [markdown]
# ## The bound as an object
#
# A bound says which *quantity* it bounds, gives a *formula* in named constants, and lists its *assumptions*. An
# assumption is a number, its slack, that must not be negative. So "it does not apply" and "it is false" are never
# confused. (`known` complains where a constant is not at hand.) Ours needs a convex loss, a step that drives no two
# heads apart (the step rule, notebook 2), and no penalty term.


# %%
def path_length(c: Constants) -> float:
    """Lηt/(n − 1)."""
    return known(c.gradient_bound, "gradient_bound") * c.step_size * c.steps / (c.samples - 1)


PATH_LENGTH = Bound(
    id="path-length",
    title="Mean instability is at most a path length over n − 1",
    quantity="parameter.mean",
    statement=r"\frac1n\sum_i\|w_t - w_t^{\setminus i}\| \le \frac{L\eta t}{n-1}",
    reference="the back of an envelope",
    formula=path_length,
    assumptions=(CONVEX, STEP_RULE, NO_L2),
)

# %% [markdown]
# ## A first look
#
# `judged` puts a bound on one trial: a task, a tuning, all heads retrained, and a verdict.

# %%
kinds = [("planted-sphere", {"margin_ratio": 0.1}), ("mixture", {"separation": 2.0}), ("label-noise", {"flip": 0.2})]
lengths = {1: (style.BLUE, "o"), 10: (style.ORANGE, "s"), 100: (style.GREEN, "^")}
trials = {steps: [] for steps in lengths}
for steps, seen in trials.items():
    for kind, params in kinds:
        for number in range(pick(15, 3)):
            task = draw(kind, n=(6, 12, 24)[number % 3], d=4, number=number, **params)
            (verdict,) = judged(Case(task, HeadTuning(steps=steps)), [PATH_LENGTH], level=0.05)
            seen.append((verdict.value, float(verdict.measured.value)))

figure, axes = plt.subplots(figsize=(4.6, 4.2))
style.identity(axes, style.limits(*trials.values()))
for steps, (colour, marker) in lengths.items():
    axes.scatter(*np.transpose(trials[steps]), s=18, color=colour, marker=marker, label=f"t = {steps}")
axes.set(xlabel=r"bound, $L\eta t/(n-1)$", ylabel="measured mean instability")
axes.legend(loc="lower right")
axes.set_title("Below the bound, and farther below with time")
for steps, seen in trials.items():
    print(f"t = {steps:3d}: largest measured / bound {max(m / v for v, m in seen):.2f} in {len(seen)} trials")

# %% [markdown]
# Ordinary tasks do not refute the bound. But a bound is a claim about *all* tasks, and ordinary ones are rarely the
# worst.
#
# ## A search for trouble
#
# `assert_bound_holds` lets Hypothesis, a library for property tests, draw strange cases: two samples, copies, samples
# at right angles, long and short steps, several heads, random starts, minibatches. It steers towards a large ratio of
# measured to bound. One line in a test of your own is enough.

# %%
report = assert_bound_holds(PATH_LENGTH, examples=pick(200, 40))["path-length", "parameter.mean"]
print("verdicts:", dict(report.verdicts))
print(f"largest measured / bound: {report.ratio:.3f}, on {report.worst}")

# %% [markdown]
# No counterexample. Where the verdict is *inapplicable* the search had broken an assumption, for instance with a step
# above the rule; these cases neither help nor harm.
#
# That a search finds nothing is worth something only if it *would* find a false bound. So we give it one.
#
# ## A false bound, and its counterexample
#
# Somebody remembers the formula with $(n-1)^2$ below the line: "each sample has a share of $1/n$, and the mean over
# samples gives another $1/n$." It sounds right.

# %%
REMEMBERED = Bound(
    id="remembered",
    title="Mean instability is at most a path length over (n − 1)²",
    quantity="parameter.mean",
    statement=r"\frac1n\sum_i\|w_t - w_t^{\setminus i}\| \le \frac{L\eta t}{(n-1)^2}",
    reference="a bad memory",
    formula=lambda c: path_length(c) / (c.samples - 1),
    assumptions=(CONVEX, STEP_RULE, NO_L2),
)

witness = None
try:
    assert_bound_holds(REMEMBERED, examples=200, witness=Path(mkdtemp()) / "witness.npz")
except Refuted as refuted:
    witness = refuted.witness

print(
    f"refuted by {witness.task.samples} samples in {witness.task.dimension} dimension(s), {witness.tuning.steps} step(s)"
)
print(f"features {witness.task.features.tolist()}, labels {witness.task.labels.tolist()}")
print(
    f"step size {witness.tuning.step_size:.4g}, loss {witness.tuning.loss}, samples left out are {witness.tuning.deletion}"
)
print(f"measured {witness.measured[:24]}…  ({witness.digits} digits)")
print(f"bound    {witness.value:.17g}")

# %% [markdown]
# Hypothesis first found some violation, and then made it smaller as long as it stayed one. The project then ran all
# heads again with fifty digits, so that rounding cannot be blamed. What is left is small enough for pencil and paper.

# %%
trial = Case(witness.task, witness.tuning, witness.seed)
(false_one,) = judged(trial, [REMEMBERED], level=0.05)
(true_one,) = judged(trial, [PATH_LENGTH], level=0.05)

figure, axes = plt.subplots(figsize=(5, 2.4))
names = ["remembered bound", "measured", "path-length bound"]
values = [false_one.value, float(false_one.measured.value), true_one.value]
axes.barh(names, values, color=[style.LOUD, style.BLUE, style.GREY], height=0.6)
axes.axvline(values[1], color=style.BLUE, linewidth=0.8, linestyle=":")
for row, value in enumerate(values):
    axes.text(value, row, f" {value:.3g}", va="center")
axes.set(xlabel="mean instability", xlim=(0, max(values) * 1.15))
axes.invert_yaxis()
axes.set_title("On the counterexample: one bound too low, one not")
print(f"remembered: {false_one.verdict.name}; path-length: {true_one.verdict.name}")

# %% [markdown]
# ## Answer
#
# **Nobody can tell by looking, but a false bound is quickly found out.** The search refuted the remembered one with a
# case that can be checked by hand, and it found nothing against ours. That is no proof: a proof is for you to write.
# It tells you which bound is worth the trouble. (Ours is true: average the certificates of notebook 2.)
#
# ## Exercises

# %% [markdown]
# **Exercise 1.** Pencil and paper: two samples with one feature, $x_1 = x_2 = 1$, labels $+1$ and $-1$; logistic
# loss, one step of size $\eta = 4$ from $w_0 = 0$. What is the ratio of the measured mean instability to the
# path-length bound?

# %% tags=["exercise"]
ratio = None  # a number

# %%
two = Case(Task(np.array([[1.0], [1.0]]), np.array([1, -1])), HeadTuning(steps=1, step_size=4.0))
check("Exercise 1", ratio, lambda r: np.isclose(r, judged(two, [PATH_LENGTH], level=0.05)[0].ratio))

# %% [markdown]
# **Exercise 2.** Could the bound be halved? Refute this one by a case of your own:
# `Case(Task(features, labels), HeadTuning(…))`.

# %%
HALF = Bound(
    id="half-path-length",
    title="Half of it",
    quantity="parameter.mean",
    statement=r"\frac{L\eta t}{2(n-1)}",
    reference="a hope",
    formula=lambda c: path_length(c) / 2,
    assumptions=(CONVEX, STEP_RULE, NO_L2),
)

# %% tags=["exercise"]
refutation = None  # a Case

# %%
check("Exercise 2", refutation, lambda case: judged(case, [HALF], level=0.05)[0].verdict is Verdict.VIOLATED)

# %% [markdown]
# **Exercise 3.** There are two ways to leave a sample out. *Reweighted*, the others share its weight: each has
# $\frac1{n-1}$. *Dropped*, each keeps its $\frac1n$. For dropped samples $L\eta t/n$ is true, for reweighted ones it
# is false. Write this bound, with an assumption of your own that makes it true: an
# `Assumption(name=…, slack=…, message=…)` of `theory.bound` whose slack looks at `c.deletion`, which is `"dropped"`
# or `"reweighted"`. The quantity is `parameter.mean`.

# %% tags=["exercise"]
dropped_bound = None  # a Bound, made like PATH_LENGTH


# %%
def survives(bound):
    """The formula is Lηt/n where samples are dropped, and the search refutes nothing."""
    case = Case(draw("mixture", 12, 4), HeadTuning(steps=20, deletion="dropped"))
    own, ours = judged(case, [bound, PATH_LENGTH], level=0.05)
    if own.verdict is not Verdict.HOLDS or not np.isclose(own.value, ours.value * 11 / 12):
        return False
    try:
        assert_bound_holds(bound, examples=120, witness=Path(mkdtemp()) / "witness.npz")
    except Refuted as refuted:
        print(refuted)
        return False
    return True


check("Exercise 3", dropped_bound, survives)
