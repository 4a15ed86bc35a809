"""The hard corners, one recipe each: what breaks a solver or a bound, if anything does."""

from synth.spec import TUNING, Setting, TaskSpec

_Recipe = tuple[str, int, int, dict[str, float], dict[str, Setting]]


def stress(k: int) -> TaskSpec:
    """Recipe k mod 14, harder in later rounds; deletion alternates."""
    round_, corner = divmod(k, 14)
    family, n, d, params, tuning = _recipes(round_)[corner]
    deletion = "dropped" if (round_ + corner) % 2 else "reweighted"
    name = f"{k:04d}-{family}-n{n}-d{d}"
    return TaskSpec(name, "stress", k, family, n, d, params=params, tuning={**TUNING, "deletion": deletion, **tuning})


def _recipes(round_: int) -> list[_Recipe]:
    """The corners; `small` falls from 1e-2 to 1e-3, sizes cycle."""
    small = 10 ** (-2 - round_ % 7 / 6)
    few, wide = (2, 3, 4, 6)[round_ % 4], (1, 2, 8, 64)[round_ % 4]
    return [
        ("planted-sphere", 64, 16, {"margin_ratio": small}, {"steps": 2000}),
        ("planted-gaussian", 32, 8, {"margin_ratio": small, "decay": 4.0}, {}),
        ("planted-sphere", 2, wide, {"margin_ratio": 0.3}, {"steps": 4000}),
        ("planted-sphere", 2 ** (1 + round_ % 6), 1, {"margin_ratio": small}, {}),
        ("duplicates", 8 * few, wide, {"distinct": 0.0}, {}),
        ("planted-gaussian", 24, wide, {"radius": 1e-3}, {}),
        ("planted-gaussian", 24, wide, {"radius": 1e3}, {}),
        ("network", few, 256, {}, {}),
        ("cap", 32, 4, {"margin_ratio": small}, {"step_factor": 2.0}),
        ("imbalanced", 4 * few, 4, {"positive": 0.25 / few}, {}),
        ("outliers", 16 * few, 8, {"leverage": 10.0 / small}, {}),
        ("label-noise", 64, wide, {"flip": 0.5}, {"step_factor": 1.9}),
        ("mixture", few, wide, {"separation": 0.0}, {"l2": 1e-8}),
        ("mixture", 16, wide, {"radius": 1.0}, {"l2": 10.0}),
    ]
