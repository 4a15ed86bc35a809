"""What the command line should find, computed anew: gradient descent one by one, losses, smoothness, the margin of a plane."""

import numpy as np


def gradients(features, labels, w, loss):
    """∇ℓ_i(w) for every i, shape (n, k, d): labels −1/+1 with one head row, 0..K−1 with K."""
    if w.shape[0] == 1:
        m = labels * (features @ w[0])
        slope = {"logistic": -1 / (1 + np.exp(m)), "exponential": -np.exp(-m), "squared": m - 1}[loss]
        return (slope * labels)[:, None, None] * features[:, None, :]
    scores = np.exp(features @ w.T - (features @ w.T).max(axis=1, keepdims=True))
    p = scores / scores.sum(axis=1, keepdims=True) - np.eye(w.shape[0])[labels]
    return p[:, :, None] * features[:, None, :]


def descend(features, labels, k, steps, eta, l2=0.0, loss="logistic", left_out=None, deletion="reweighted"):
    """The head after `steps` steps, and the certificates along the way."""
    n = len(features)
    w, c = np.zeros((k, features.shape[1])), np.zeros(n)
    kept = np.arange(n) != (-1 if left_out is None else left_out)
    count = n - 1 if left_out is not None and deletion == "reweighted" else n
    for _ in range(steps):
        each = gradients(features, labels, w, loss)
        away = (each.mean(axis=0) - each) / (n - 1) if deletion == "reweighted" else -each / n
        c = (1 - eta * l2) * c + eta * np.linalg.norm(away, axis=(1, 2))
        w = w - eta * (each[kept].sum(axis=0) / count + l2 * w)
    return w, c


def losses(features, labels, w, loss):
    if w.shape[0] > 1:
        scores = features @ w.T
        return np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(labels)), labels]
    m = labels * (features @ w[0])
    return {"logistic": np.log1p(np.exp(-m)), "exponential": np.exp(-m), "squared": (1 - m) ** 2 / 2}[loss]


def chord(ratio):
    return np.where(ratio < 1, 2 * np.sin(np.arcsin(np.minimum(ratio, 1)) / 2), 2.0)


def smoothness(features, k, loss):
    """The largest curvature of the full risk and of every leave-one-out risk."""
    n = len(features)
    curvature = {"logistic": 0.25 if k == 1 else 0.5, "squared": 1.0}[loss]
    subsets = [np.arange(n), *(np.delete(np.arange(n), i) for i in range(n))]
    return curvature * max(np.linalg.norm(features[s], 2) ** 2 / len(s) for s in subsets)


def margin_in_the_plane(z):
    """max over unit u of min⟨u, z_i⟩: at the optimum u is along a point, or across the line through two."""
    across = (z[:, None] - z[None])[np.triu_indices(len(z), 1)] @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    candidates = np.concatenate([z, across, -across])
    candidates = candidates[np.linalg.norm(candidates, axis=1) > 0]
    units = candidates / np.linalg.norm(candidates, axis=1, keepdims=True)
    return (units @ z.T).min(axis=1).max()


def close(found, wanted, rel=1e-9):
    np.testing.assert_allclose(found, wanted, rtol=rel, atol=1e-14)
