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
# # 6. Your own embeddings
#
# **You have embeddings and labels. What can you decide, once you know how a head depends on each of its samples?**
#
# An *embedding* is the feature vector that a pre-trained network gives for one image or text. All that this project
# needs is a file `.npz` with `features`, shape $(n, d)$, and `labels`, shape $(n,)$. As a stand-in for yours we write
# one: 40 images of the handwritten digits 1 and 8, whose features are simply their 64 pixels. The rest of the images
# play the future.

# %%
import csv
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
from lesson import check, pick, plt

from figures import style
from synth.npz import load_npz
from synth.real import add_bias, load, prepared
from synth.seeds import stream
from synth.task import from_arrays
from synth.text import MissingExtra, read_texts
from verify.encodings import encoded
from verify.estimators import StableHeadClassifier
from verify.probe import probe
from verify.solvers.tune import Job, tune
from verify.tuning import HeadTuning

folder = Path(mkdtemp())
digits = load("digits", scale="none", bias=False)
chosen = np.isin(digits.labels, (1, 8))
images, eight = digits.features[chosen] / 16, digits.labels[chosen] == 8
order = stream(0, "notebooks", "digits").permutation(len(images))
images, eight = images[order], eight[order]

np.savez(folder / "mine.npz", features=images[:40], labels=eight[:40])
new_images, new_eight = images[40:], eight[40:]

# %% [markdown]
# ## Probe it
#
# From here on the file could be yours. `prepared` appends a constant feature, so that the head needs not go through
# the origin. Then `probe` trains the head $w$, and all 40 replicas $w^{\setminus i}$ without one sample. (In a
# terminal: `tightrope probe mine.npz --bias`.)

# %%
task = prepared(load_npz(folder / "mine.npz"), scale="none", bias=True)
tuning = HeadTuning(steps=1000)
found = probe(task, tuning)
turn = found.instability["direction"]
print(f"{task.samples} samples, {task.dimension} features; separable: {found.margins.whole.separable}")
print(f"margin between {found.margins.whole.low:.4f} and {found.margins.whole.high:.4f}, radius {task.radius:.2f}")
print(f"turn of the head when a sample is left out: mean {turn.mean():.3f}, largest {turn.max():.3f}")
print(f"certified from one run, without retraining: mean {found.certificate['direction'].mean():.3f}")

# %% [markdown]
# ## Decision 1: which samples to look at
#
# If a label is wrong, or an image is bad, it matters most where the head leans on it. So look at these first.

# %%
ranked = turn.argsort()[::-1]
shown = (*ranked[:5], *ranked[-5:])
figure, grid = plt.subplots(2, 5, figsize=(5.6, 2.9))
for axes, i in zip(grid.flat, shown, strict=True):
    axes.imshow(task.features[i, :64].reshape(8, 8), cmap="gray_r")
    axes.set(xticks=[], yticks=[], title=f"“{8 if task.labels[i] > 0 else 1}”  {turn[i]:.3f}")
    axes.title.set(fontsize=9, ha="center", x=0.5)
grid[0, 0].set_ylabel("matter most")
grid[1, 0].set_ylabel("matter least")
figure.suptitle("Label, and turn of the head without the image", fontsize=10.5, x=0.02, ha="left")
share = turn[ranked[:5]].sum() / turn.sum()
print(f"the first five of {len(turn)} samples make up {share:.0%} of the sum of all turns")

# %% [markdown]
# ## Decision 2: which answers to trust
#
# A new image gets its class from $w$. Call this answer *shaky* if some replica gives another one: then it hangs on a
# single sample of ours. No label of the new image is needed to know. Are shaky answers wrong more often? We try it on
# many training sets of 40, drawn from all images.


# %%
def shaky_answers(count, draws):
    """Train on `count` images, so many times; of each draw, which other images get a shaky answer, and which a wrong one."""
    orders = [stream(number, "notebooks", "training").permutation(len(images)) for number in range(draws)]
    tasks = [prepared(from_arrays(images[o[:count]], eight[o[:count]]), scale="none", bias=True) for o in orders]
    shaky, wrong = [], []
    for fit, new in zip(tune([Job(task=t, tuning=tuning) for t in tasks]), (o[count:] for o in orders), strict=True):
        says_eight = add_bias(images[new]) @ fit.weights[:, 0].T > 0  # (new images, replicas and, last, the head)
        shaky.append((says_eight[:, :-1] != says_eight[:, -1:]).any(axis=1))
        wrong.append(says_eight[:, -1] != eight[new])
    return np.array(shaky), np.array(wrong)


shaky, wrong = shaky_answers(40, draws=pick(40, 10))
error_shaky, error_steady = wrong[shaky].mean(), wrong[~shaky].mean()

figure, axes = plt.subplots(figsize=(4.6, 2.2))
axes.barh(["steady", "shaky"], [error_steady * 100, error_shaky * 100], color=[style.BLUE, style.ORANGE], height=0.6)
axes.set(xlabel="% of answers that are wrong")
axes.set_title("Answers that hang on one sample are worth a second look")
print(
    f"{shaky.mean():.1%} of the answers are shaky; wrong: {error_shaky:.1%} of these, {error_steady:.1%} of the others"
)

# %% [markdown]
# A sensible rule follows: give the shaky few to a person.
#
# ## Decision 3: are more samples worth their price?
#
# The share of shaky answers is a price tag that one can read before buying: train on parts of what one has, and look
# how fast it falls.

# %%
sizes = pick((10, 20, 40, 80, 160), (10, 20, 40, 80))
shares = [shaky_answers(size, draws=pick(10, 4))[0].mean() for size in sizes]

figure, axes = plt.subplots(figsize=(4.8, 3.2))
axes.plot(sizes, np.array(shares) * 100, color=style.BLUE, marker="o")
axes.set(xscale="log", xlabel="training samples n", ylabel="% of new answers that are shaky", ylim=(0, None))
axes.set_xticks(sizes, [str(n) for n in sizes])
axes.minorticks_off()
axes.set_title("More samples leave fewer answers to chance")
print(", ".join(f"n = {n}: {share:.1%}" for n, share in zip(sizes, shares, strict=True)))

# %% [markdown]
# ## Sentences
#
# Texts need an encoder first. `read_texts` reads a `.csv` with columns `text` and `label`; `encoded` embeds each text
# by MiniLM, a small encoder that is packaged and needs no network. Here are 24 sentences about the weather or about
# cooking. **One label is wrong**, on purpose: a slip of somebody who labelled in a hurry.

# %%
sentences = {
    "weather": """Dark clouds are gathering over the bay. Tomorrow brings sunshine and a light breeze. The storm tore two roofs
        off in the night. Snow will fall above six hundred metres. A thick fog kept the ferries in port. It has not rained
        here for five weeks. Thunder woke the whole village. The frost came early and took the roses. Expect showers in the
        north by noon. The heat wave ends on Friday. Hail the size of cherries hit the windscreen. A mild wind is blowing
        from the sea.""",
    "cooking": """Fold the egg whites gently into the batter. Simmer the lentils until they are soft. Add a pinch of salt to
        the dough. Fry the onions in butter until golden. The soup needs more pepper and a bay leaf. Let the bread rise for
        an hour under a cloth. Rain drummed on the roof all afternoon. Grate the cheese over the hot pasta. Marinate the
        chicken overnight in yoghurt. Peel the potatoes and cut them in slices. Whisk the cream until it stands in peaks.
        Bake the tart for forty minutes.""",
}
rows = [(" ".join(part.split()), label) for label, text in sentences.items() for part in text.strip(" .").split(".")]
with (folder / "sentences.csv").open("w", newline="", encoding="utf-8") as file:
    csv.writer(file).writerows([("text", "label"), *rows])

texts = read_texts(folder / "sentences.csv")
try:
    embedded = encoded(texts)
    print(f"{embedded.samples} sentences, {embedded.dimension} features each")
except MissingExtra as missing:
    embedded = None
    print(f"The rest of this notebook needs an encoder. {missing}")

# %% [markdown]
# `StableHeadClassifier` is the same head for those who use scikit-learn: `fit`, `predict`, `score`. Beside them it
# has `certificate_` from its one run, `instability_` if asked to retrain (`exact=True`), and `margin_`. Which
# sentence turns the head most?

# %%
if embedded is not None:
    head = StableHeadClassifier(steps=1000, exact=True).fit(embedded.features, [label for _, label in rows])
    turns, promised = head.instability_["direction"], head.certificate_["direction"]
    top = turns.argsort()[::-1][:6]

    figure, axes = plt.subplots(figsize=(7, 2.8))
    axes.barh([f"{texts.texts[i]} ({rows[i][1]})" for i in top], turns[top], color=style.BLUE, height=0.6)
    axes.invert_yaxis()
    axes.set(xlabel="turn of the head when the sentence is left out")
    axes.set_title("The slip stands first")
    print(
        f"training accuracy {head.score(embedded.features, [label for _, label in rows]):.2f}: the head has learnt the slip, too"
    )
    print(
        f"certified for the first: {promised[top[0]]:.2f} (2 says nothing), for the others at most {promised[top[1:]].max():.2f}"
    )

# %% [markdown]
# The head gets every sentence right, the slip included: it was trained on it. Accuracy on the training set is blind
# to such a slip; the turn is not.
#
# ## Answer
#
# **What to check, what to trust, and what to buy.** Check first the samples on which the head leans. Trust answers
# that no single sample decides, and have the shaky ones looked at. Buy samples as long as they lower the share of
# shaky answers. None of this needed a test label.
#
# ## Exercises

# %% [markdown]
# **Exercise 1.** In `task`, how many samples can be left out, each alone, without any *new* image changing its class?
# Use `found.fit.weights[:, 0]`, whose row $i$ is $w^{\setminus i}$ and whose last row is $w$, and
# `add_bias(new_images)`.

# %% tags=["exercise"]
harmless = None  # a whole number, 0 to 40


# %%
def counted(answer):
    """Samples whose replica agrees with the head on every new image."""
    says_eight = add_bias(new_images) @ found.fit.weights[:, 0].T > 0
    return bool(answer == (says_eight[:, :-1] == says_eight[:, -1:]).all(axis=0).sum())


check("Exercise 1", harmless, counted)

# %% [markdown]
# **Exercise 2.** Mislabel the third image of `task` (index 2) and probe again with the same `tuning`. At which place
# in the ranking by turn does it stand now? (1 is the most important.) `dataclasses.replace(task, labels=…)` makes the
# changed task.

# %% tags=["exercise"]
place = None  # a whole number, 1 to 40


# %%
def place_of_the_slip(answer):
    """The rank of image 2 with the wrong label."""
    labels = np.where(np.arange(task.samples) == 2, -task.labels, task.labels)
    again = probe(replace(task, labels=labels), tuning).instability["direction"]
    return bool(answer == 1 + np.sum(again > again[2]))


check("Exercise 2", place, place_of_the_slip)

# %% [markdown]
# **Exercise 3.** Correct the wrong label among the sentences, train again, and give the new mean turn,
# `instability_["direction"].mean()`.

# %% tags=["exercise"]
corrected = None  # a number


# %%
def without_the_slip(answer):
    """The mean turn once the sentence about rain is about the weather."""
    labels = ["weather" if "Rain" in text else label for text, label in rows]
    mended = StableHeadClassifier(steps=1000, exact=True).fit(embedded.features, labels)
    return bool(np.isclose(answer, mended.instability_["direction"].mean(), rtol=1e-2))


check("Exercise 3", corrected, without_the_slip)
