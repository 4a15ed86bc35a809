"""Answers to the exercises, a list for each: wrong ones first, the right one last."""

ANSWERS = {
    "01_why_heads_are_unstable": [
        [
            "largest_angle = instability.max()",
            "largest_angle = np.degrees(instability.mean())",
            "largest_angle = np.degrees(2 * np.arcsin(instability.max() / 2))",
        ],
        [
            "factor = 1",
            "factor = 0.25",
            "copies = Task(np.repeat(x, 2, axis=0), np.repeat(y, 2))\n"
            "copied = probe(copies, HeadTuning(steps=steps, step_size=step_size)).instability['direction']\n"
            "factor = copied.mean() / instability.mean()",
        ],
        [
            "most_important = instability.argmax()",
            "surest = (z @ head).argmax()\n"
            "labels = y.copy()\n"
            "labels[surest] = -labels[surest]\n"
            "wrong = probe(Task(x, labels), HeadTuning(steps=steps, step_size=step_size))\n"
            "most_important = wrong.instability['direction'].argmax()",
        ],
    ],
    "02_one_run_certifies_all": [
        [
            "largest_angle = lambda c, norm: c / norm",
            "largest_angle = lambda c, norm: np.arctan(c / norm)",
            "largest_angle = lambda c, norm: np.arcsin(c / norm)",
        ],
        [
            "dropped_certificates = lambda z, steps, step_size: train_and_certify(z, steps, step_size)[1]",
            "def dropped_certificates(z, steps, step_size):\n"
            "    n, d = z.shape\n"
            "    w, c = np.zeros(d), np.zeros(n)\n"
            "    for _ in range(steps):\n"
            "        gradients = -z / (1 + np.exp(z @ w))[:, None]\n"
            "        c += step_size / n * np.linalg.norm(gradients, axis=1)\n"
            "        w = w - step_size * gradients.mean(axis=0)\n"
            "    return c\n",
        ],
        ["share = 0.1", "share = (one_run.last.certificates < 0.1 * one_run.last.certificates.max()).mean()"],
    ],
    "03_margin_samples_and_time": [
        ["doubling = 0.5", "doubling = slope", "doubling = 2**slope"],
        [
            "enough = 100",
            "enough = 10_000",
            "enough = next(n for n in range(1, 10_000) if promise(0.05, n) <= 0.1)",
        ],
        ["patience = 14.0", "patience = errors[1][-1] * log_time[-1] / 0.002"],
    ],
    "04_three_strategies_on_trial": [
        ["heads_needed = 10", "heads_needed = 100"],
        [
            "def penalty(features, labels, strength):\n"
            "    return strength / np.linalg.norm(features[labels > 0].mean(axis=0) - features[labels < 0].mean(axis=0))",
            "def penalty(features, labels, strength):\n"
            "    gap = features[labels > 0].mean(axis=0) - features[labels < 0].mean(axis=0)\n"
            "    return strength / (1 + np.linalg.norm(gap))",
        ],
        [
            "cheat = lambda features: features",
            "cheat = lambda features: features + 5 * task.labels[:, None]",
            "cheat = lambda features: 100 * features",
        ],
    ],
    "05_test_your_own_bound": [
        ["ratio = 0.5", "ratio = 1.0"],
        ["refutation = Case(draw('mixture', 12, 4), HeadTuning(steps=10))", "refutation = two"],
        [
            "dropped_bound = PATH_LENGTH",
            "from dataclasses import replace\n"
            "over_n = lambda c: path_length(c) * (c.samples - 1) / c.samples\n"
            "dropped_bound = replace(PATH_LENGTH, id='over-n', formula=over_n)",
            "from theory.bound import Assumption\n"
            "slack = lambda c: 1.0 if c.deletion == 'dropped' else -1.0\n"
            "DROPPED = Assumption(name='dropped', slack=slack, message='samples must be dropped')\n"
            "dropped_bound = replace(dropped_bound, id='dropped', assumptions=(*PATH_LENGTH.assumptions, DROPPED))",
        ],
    ],
    "06_your_own_embeddings": [
        [
            "harmless = 40",
            "classes = add_bias(new_images) @ found.fit.weights[:, 0].T > 0\n"
            "harmless = sum((classes[:, i] == classes[:, -1]).all() for i in range(40))",
        ],
        [
            "place = 40",
            "labels = task.labels.copy()\n"
            "labels[2] *= -1\n"
            "slipped = probe(replace(task, labels=labels), tuning).instability['direction']\n"
            "place = 1 + list(slipped.argsort()[::-1]).index(2)",
        ],
        [
            "corrected = turns.mean()",
            "right = ['weather' if text.startswith('Rain') else label for text, label in rows]\n"
            "corrected = StableHeadClassifier(exact=True).fit(embedded.features, right).instability_['direction'].mean()",
        ],
    ],
}
