"""Claims about small networks: pre-trained, then fine-tuned whole."""

from verify.claims.claim import Claim, about, falls, rises

PAPER = "arXiv:2301.09820"
STRATEGIES = {
    "longer": "Training four times as long",
    "smaller-step": "A step four times smaller",
    "l2": "An L2 penalty",
    "l2-sp": "A penalty on the distance to the pre-trained weights (L2-SP)",
    "mixout": "Mixout",
    "noise": "Noise on the inputs",
    "freeze": "Freezing the first layer",
    "mhloss": "MHLoss with 8 heads",
    "mmr": "MMR",
    "surt": "SURT",
}
_STABILISERS = tuple(
    Claim(
        id=f"{arm}-{measure}",
        text=f"{name} lowers the instability of a network {of}.",
        experiment="strategies", measure=measure, effect="ratio", arm=arm,
        expects=falls(-0.15),
        why=PAPER,
    )
    for arm, name in STRATEGIES.items()
    for measure, of in (("seed", "over seeds"), ("loo", "to leaving one sample out"))
)  # fmt: skip

NETWORKS: tuple[Claim, ...] = (
    Claim(
        id="network-samples",
        text="More samples make a network more stable.",
        experiment="network-size", measure="loo", effect="slope",
        expects=falls(-0.3),
        why=PAPER,
    ),
    Claim(
        id="network-samples-rate",
        text="The instability of a network falls like 1/n.",
        experiment="network-size", measure="loo", effect="slope",
        expects=about(-1.0, 0.2),
        why="fine-tuning-distance, for the linearised network",
    ),
    Claim(
        id="network-travel",
        text="The farther the pre-training data from the task, the farther the encoder travels.",
        experiment="network-distance", measure="distance", effect="slope",
        expects=rises(0.2),
        why=PAPER,
    ),
    Claim(
        id="network-distance",
        text="The farther the pre-training data from the task, the less stable the network.",
        experiment="network-distance", measure="loo", effect="slope",
        expects=rises(0.3),
        why="fine-tuning-distance, for the linearised network: as the distance grows, which grows like that of the encoder",
    ),
    Claim(
        id="network-heads",
        text="H heads on shared features lower the deviation over seeds like 1/√H (MHLoss).",
        experiment="network-heads", measure="seed", effect="slope",
        expects=about(-0.5, 0.1),
        why="multi-head, whose features are frozen",
    ),
    *_STABILISERS,
    Claim(
        id="mmr-gap",
        text="MMR drives the class means apart.",
        experiment="strategies", measure="gap", effect="ratio", arm="mmr",
        expects=rises(0.1),
        why="by construction",
    ),
    Claim(
        id="mmr-margin",
        text="The margin of the features follows.",
        experiment="strategies", measure="margin", effect="ratio", arm="mmr",
        expects=rises(0.1),
        why="class-mean-margin: the gap bounds the margin from above, not from below",
    ),
    Claim(
        id="surt-distance",
        text="SURT shortens the way that the weights travel.",
        experiment="strategies", measure="distance", effect="ratio", arm="surt",
        expects=falls(-0.1),
        why=PAPER,
    ),
    Claim(
        id="linearised-bound",
        text="The linearised network stays below the bound by its distance to what fits the samples.",
        experiment="linearised", measure="parameter", effect="ratio", arm="linearised", baseline="bound",
        expects=falls(-0.5),
        why="fine-tuning-distance",
    ),
    Claim(
        id="linearisation",
        text="A network moves as far as its linearisation when a sample is left out.",
        experiment="linearised", measure="parameter", effect="ratio", arm="network", baseline="linearised", null=0.2,
        expects=about(0.0, 0.1),
        why="lazy training; the null is a difference of 20 %",
    ),
    Claim(
        id="expansion",
        text="A step of a network expands differences more than a step of its head alone, which is non-expansive.",
        experiment="decomposition", measure="growth", effect="ratio", arm="network", baseline="head",
        smallest=1e-4,
        expects=rises(0.002, 1e-4),
        why="non-expansion is what the convex bounds rest on; a network's risk does not promise it",
    ),
)  # fmt: skip
