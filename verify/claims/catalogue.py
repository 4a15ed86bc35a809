"""Every experiment and every claim. The level of a claim's interval depends on how many claims there are."""

from verify.claims import (
    decomposition,
    direction_rate,
    feature_scale,
    head_average,
    learning_rate,
    linearised,
    margin_size,
    network_heads,
    network_size,
    pretrained_distance,
    resampling_sum,
    ridge,
    sample_size,
    start_distance,
    strategies,
    training_time,
)
from verify.claims.claim import Claim
from verify.claims.experiment import Experiment
from verify.claims.head_claims import HEADS
from verify.claims.network_claims import NETWORKS

EXPERIMENTS: tuple[Experiment, ...] = (
    sample_size.EXPERIMENT,
    margin_size.EXPERIMENT,
    feature_scale.EXPERIMENT,
    training_time.EXPERIMENT,
    learning_rate.EXPERIMENT,
    start_distance.EXPERIMENT,
    head_average.EXPERIMENT,
    direction_rate.EXPERIMENT,
    resampling_sum.EXPERIMENT,
    ridge.EXPERIMENT,
    strategies.EXPERIMENT,
    network_size.EXPERIMENT,
    pretrained_distance.EXPERIMENT,
    network_heads.EXPERIMENT,
    linearised.EXPERIMENT,
    decomposition.EXPERIMENT,
)

CLAIMS: tuple[Claim, ...] = (*HEADS, *NETWORKS)
