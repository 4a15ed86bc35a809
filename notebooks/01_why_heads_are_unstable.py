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
# # 1. Why heads are unstable
#
# **If one training sample had been missing, how different a classifier would you have got?**
#
# A large pre-trained network turns a text or an image into a vector of *features* $x \in \mathbb R^d$. To solve a
# task of our own we often leave the network as it is and train only a *head* on top: a vector $w$ that predicts the
# class $\operatorname{sign}\langle w, x\rangle$. This is logistic regression, and its loss on $n$ samples with labels
# $y_i \in \{-1, +1\}$ is
#
# $$R(w) = \frac1n \sum_{i=1}^n \ln\big(1 + e^{-y_i\langle w, x_i\rangle}\big).$$
#
# We train it by gradient descent from $w_0 = 0$, with step size $\eta$: $\; w_{t+1} = w_t - \eta\,\nabla R(w_t)$.

# %%
import numpy as np
from lesson import check, draw, instabilities, pick, plt
from scipy.stats import spearmanr

from figures import style
from synth.task import Task
from verify.probe import probe
from verify.tuning import HeadTuning

# %% [markdown]
# ## A head, and the heads without one sample
#
# Twenty points in the plane, from two clouds. Only the products $z_i = y_i x_i$ matter for training, so we keep them
# at hand: a head is right on sample $i$ when $\langle w, z_i\rangle > 0$.

# %%
task = draw("mixture", n=20, d=2, number=12, separation=3.0, decay=0.0)
x, y, z = task.features, task.labels, task.signed
print(f"{task.samples} samples, {task.dimension} features, {np.sum(y > 0)} of them in class +1")


# %%
def train(z, steps, step_size):
    """Gradient descent on the logistic loss of the rows of z, from zero."""
    w = np.zeros(z.shape[1])
    for _ in range(steps):
        pulls = 1 / (1 + np.exp(z @ w))  # how strongly each sample still pulls: near 0 if it is far on the right side
        w = w + step_size * (pulls[:, None] * z).mean(axis=0)
    return w


steps, step_size = 1000, 4.0
head = train(z, steps, step_size)
others = np.array([train(np.delete(z, i, axis=0), steps, step_size) for i in range(len(z))])


# %% [markdown]
# `others[i]` is the *replica* $w^{\setminus i}$: the head that we would have got without sample $i$. The line
# $\langle w, x\rangle = 0$ separates what a head calls +1 from what it calls −1. Here are all 21 lines.


# %%
def points(axes):
    """The two classes."""
    for label, colour, marker in ((1, style.BLUE, "o"), (-1, style.ORANGE, "s")):
        axes.scatter(
            *x[y == label].T, color=colour, marker=marker, s=36, zorder=3, label=f"class {'+1' if label > 0 else '−1'}"
        )
    low, high = x.min(axis=0) - 0.2, x.max(axis=0) + 0.2
    axes.set(xlabel="feature 1", ylabel="feature 2", aspect="equal", xlim=(low[0], high[0]), ylim=(low[1], high[1]))


def line(axes, w, **look):
    """Where ⟨w, x⟩ = 0."""
    axes.axline((0, 0), (-w[1], w[0]), **look)


figure, axes = plt.subplots(figsize=(5.4, 4.4))
points(axes)
for k, w in enumerate(others):
    line(axes, w, color=style.GREY, linewidth=0.8, label="without one sample" if k == 0 else None)
line(axes, head, color=style.BLACK, linewidth=2, label="all samples")
axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
axes.set_title("One head, and the twenty it might have been")
cosines = others @ head / np.linalg.norm(others, axis=1) / np.linalg.norm(head)
print(f"lines that turn by more than 5 degrees: {np.sum(cosines < np.cos(np.radians(5)))} of {len(others)}")

# %% [markdown]
# Most lines lie on top of each other. A few have turned: to leave out *those* samples matters.
#
# ## A number for it
#
# The class depends on the direction $\hat w = w / \lVert w\rVert$ alone. So we measure how far the direction moves,
#
# $$\lVert \hat w - \hat w^{\setminus i}\rVert .$$
#
# It is 0 if nothing changes, 2 if the head turns round, and for small turns it is the angle in radians. Its mean over
# $i$ is the **instability** of the head. `probe` computes all replicas at once; it must agree with our loop.


# %%
def unit(w):
    """Vectors at length 1."""
    return w / np.linalg.norm(w, axis=-1, keepdims=True)


ours = np.linalg.norm(unit(head) - unit(others), axis=1)
found = probe(task, HeadTuning(steps=steps, step_size=step_size))
instability = found.instability["direction"]
print(f"largest difference between the loop and probe: {np.abs(ours - instability).max():.1e}")
print(f"instability, mean over samples:                {instability.mean():.4f}")
print(f"the one sample that matters most:              {instability.max():.4f}")

# %% [markdown]
# ## Which samples matter?
#
# Sample $i$ enters training through its gradient, and that has the factor $1/(1 + e^{\langle w, z_i\rangle})$: its
# *pull*. Samples far on the right side have stopped pulling. Those near the line, or on its wrong side, still do. So
# the pull on the trained head should tell who will be missed. In the plane a head can turn in two ways only; for this
# question we take ten tasks with eight features.

# %%
pulls, turns, agreement = [], [], []
for number in range(10):
    other = draw("mixture", n=20, d=8, number=number, separation=3.0, decay=0.0)
    looked_at = probe(other, HeadTuning(steps=steps))
    pull = 1 / (1 + np.exp(other.signed @ looked_at.fit.last.weights[0]))
    turn = looked_at.instability["direction"]
    pulls.extend(pull)
    turns.extend(turn)
    agreement.append(spearmanr(pull, turn).statistic)

figure, axes = plt.subplots(figsize=(5, 3.6))
axes.scatter(pulls, turns, color=style.BLUE, s=14)
axes.set(xscale="log", yscale="log")
axes.set(xlabel="pull of sample i on the trained head", ylabel="turn when sample i is left out")
axes.set_title("Who still pulls is who is missed")
print(f"rank correlation of pull and turn, ten tasks: {min(agreement):.2f} to {max(agreement):.2f}")

# %% [markdown]
# A head is held in its place by the few samples that still pull. Take one of them away, and the others decide anew.
# (A sample that pulls no more leaves a small trace all the same: without it each of the others weighs a little more.)
#
# ## Two ways to a steadier head
#
# Then more samples should help, since each of them is a smaller part of the whole. And clouds that lie farther apart
# should help, since fewer samples then stand near the line. One draw proves nothing, so we average over many.


# %%
def mean_instability(n, separation, tasks):
    """Mean over tasks and samples."""
    drawn = [draw("mixture", n, 2, number, separation=separation, decay=0.0) for number in range(tasks)]
    return instabilities(drawn, HeadTuning(steps=300)).mean()


sizes, tasks = (16, 32, 64, 128), pick(40, 10)
means = {separation: [mean_instability(n, separation, tasks) for n in sizes] for separation in (1.0, 2.0, 4.0)}

figure, axes = plt.subplots(figsize=(5, 3.6))
looks = ((style.ORANGE, "s"), (style.GREEN, "^"), (style.BLUE, "o"))
for (separation, values), (colour, marker) in zip(means.items(), looks, strict=True):
    axes.plot(sizes, values, color=colour, marker=marker, label=f"{separation:g} standard deviations apart")
axes.set(xscale="log", yscale="log", xlabel="samples n", ylabel="instability, mean over tasks")
axes.set_xticks(sizes, [str(n) for n in sizes])
axes.minorticks_off()
axes.legend(title="clouds")
axes.set_title("More samples, and a wider gap, make a steadier head")
for separation, values in means.items():
    print(f"{separation:g} apart: from {values[0]:.4f} at n = {sizes[0]} to {values[-1]:.4f} at n = {sizes[-1]}")

# %% [markdown]
# ## Answer
#
# **A head is unstable because few samples hold it.** Training goes on only where samples still pull, near the line or
# on its wrong side. If one of these is missing the head turns; the others hardly count. With more samples, or a wider
# gap between the classes, each of them matters less.
#
# How much less, exactly, and can it be guaranteed? The next two notebooks are about that.
#
# ## Exercises

# %% [markdown]
# **Exercise 1.** By how many *degrees* does the line turn when the most important sample is left out? (Two unit
# vectors at the angle $\alpha$ are $2\sin(\alpha/2)$ apart.)

# %% tags=["exercise"]
largest_angle = None  # degrees

# %%
check("Exercise 1", largest_angle, lambda a: np.isclose(a, np.degrees(2 * np.arcsin(instability.max() / 2)), rtol=1e-3))

# %% [markdown]
# **Exercise 2.** Collect the same twenty samples twice: every sample now has an exact copy. By what factor does the
# instability change? First guess; then compute it, with `Task(features, labels)`, `np.repeat(x, 2, axis=0)`, and the
# same steps and step size as `found`.

# %% tags=["exercise"]
factor = None  # instability with copies / instability without


# %%
def with_copies(factor):
    """The factor, computed."""
    twice = Task(np.repeat(x, 2, axis=0), np.repeat(y, 2))
    copied = probe(twice, HeadTuning(steps=steps, step_size=step_size)).instability["direction"]
    return bool(np.isclose(factor, copied.mean() / instability.mean(), rtol=1e-2))


check("Exercise 2", factor, with_copies)

# %% [markdown]
# **Exercise 3.** Somebody mislabels the sample that the head is surest of, the one with the largest
# $\langle w, z_i\rangle$. Which sample matters most *now*? Give its index.

# %% tags=["exercise"]
most_important = None  # an index from 0 to 19


# %%
def after_mislabelling(index):
    """The most important sample once the surest one has the wrong label."""
    labels = np.where(np.arange(len(y)) == (z @ head).argmax(), -y, y)
    changed = probe(Task(x, labels), HeadTuning(steps=steps, step_size=step_size)).instability["direction"]
    return bool(index == changed.argmax())


check("Exercise 3", most_important, after_mislabelling)
