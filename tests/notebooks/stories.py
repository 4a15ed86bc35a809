"""What each notebook tells, as expressions that must be true after it has run, in smoke mode and in full."""

STORIES = {
    "01_why_heads_are_unstable": [
        "np.abs(ours - instability).max() < 1e-9",
        "min(agreement) > 0.5",
        "all(np.all(np.diff(values) < 0) for values in means.values())",
        "all(a > b > c for a, b, c in zip(*means.values()))",
    ],
    "02_one_run_certifies_all": [
        "np.allclose(c, fit.last.certificates, rtol=1e-9)",
        "np.all(measured <= certified * (1 + 1e-9)) and np.allclose(measured[0], certified[0])",
        "np.max(np.array(worst)[inside]) < 1 + 1e-9 and np.max(np.array(worst)[~inside]) > 1.2",
        "np.all(np.array(safe) <= agreed) and safe[0] > 0.5",
    ],
    "03_margin_samples_and_time": [
        "slope < -1.1",
        "np.all(measured_n < bound_n) and np.all(measured_margin[64] < bound_margin)",
        "abs(np.polyfit(np.log(margins), np.log(measured_margin[4]), 1)[0]) < 0.1",
        "np.polyfit(np.log(margins), np.log(measured_margin[64]), 1)[0] < -0.5",
        "change.max() < 1.02",
        "np.allclose(turns[:, -1], limits, rtol=0.03) and np.all(turns[:, 0] > limits) and np.all(limits > 0.01)",
    ],
    "04_three_strategies_on_trial": [
        "np.allclose(by_start, guide, rtol=0.4) and by_start[-1] < by_start[0] / 3",
        "np.allclose(by_sample, by_sample[0], rtol=0.1)",
        "findings['MHLoss', 'seed'].verdict == findings['MMR', 'seed'].verdict == 'supported'",
        "not any(findings[name, 'loo'].verdict == 'supported' for name in strategies)",
        "findings['SURT', 'seed'].verdict != 'supported'",
        "all(controls[measure].low < 0 < controls[measure].high for measure in measures)",
    ],
    "05_test_your_own_bound": [
        "set(report.verdicts) <= {'HOLDS', 'INAPPLICABLE'}",
        "witness is not None and witness.digits == 50 and witness.ratio > 1 and witness.task.samples <= 4",
        "false_one.verdict is Verdict.VIOLATED and true_one.verdict is Verdict.HOLDS",
        "max(m / v for v, m in trials[1]) > 2 * max(m / v for v, m in trials[100])",
    ],
    "06_your_own_embeddings": [
        "error_shaky > 2 * error_steady",
        "np.all(np.diff(shares) < 0)",
        "share > 2 * 5 / len(turn)",
        "'Rain' in rows[top[0]][0] and turns[top[0]] > 1.3 * turns[top[1]]",
        "np.all(turns <= promised + 1e-9)",
    ],
}
