"""Small networks: how they are tuned, which members are tuned beside each other, and what comes back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import partial
from itertools import product
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from synth.pretraining import TransferTask
from verify.encoder import Encoder
from verify.replica_fit import Status
from verify.tuning import BadTuning, Deletion, number_below, whole_number

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NetworkLoss = Literal["logistic", "squared"]
Optimiser = Literal["gd", "sgd", "momentum", "adamw"]


@dataclass(frozen=True, kw_only=True)
class NetworkTuning:
    """How an encoder and its head are tuned on −1/+1 labels.

    loss             logistic log(1+e^−m), squared (1−m)²/2, of the margin m = y f(x)
    steps            t ≥ 0
    step_size        η ≥ 0
    optimiser        gd on the full batch, sgd on minibatches; momentum and adamw on either
    batch_size       b, 0 for the full batch; a minibatch counts its samples n/b times
    momentum         of that optimiser
    l2               λ in λ‖θ‖²/2 over all that is trained; with adamw its decoupled decay
    l2_to_start      λ in λ‖θ − θ_0‖²/2 over the encoder (L2-SP)
    mixout           probability that a weight of the encoder is, for one step, its start
    input_noise      σ of Gaussian noise on the inputs, fresh at each step
    frozen           so many first layers are not trained; all of them: the head alone
    heads            H heads (MHLoss): each descends on its own loss as if alone, the encoder on the mean of the losses;
                     so more heads are not a smaller step. Their mean predicts
    margin_strength  of MMR, 1/(1 + ‖μ_+ − μ_−‖) of the last features
    deletion         reweighted (mean over n−1) or dropped (weights stay 1/n)
    head_scale       σ of the heads' Gaussian weights at the start; their biases are 0
    """

    loss: NetworkLoss = "logistic"
    steps: int = 300
    step_size: float = 0.1
    optimiser: Optimiser = "gd"
    batch_size: int = 0
    momentum: float = 0.9
    l2: float = 0.0
    l2_to_start: float = 0.0
    mixout: float = 0.0
    input_noise: float = 0.0
    frozen: int = 0
    heads: int = 1
    margin_strength: float = 0.0
    deletion: Deletion = "reweighted"
    head_scale: float = 0.1
    dtype: Literal["float64", "float32"] = "float64"
    device: Literal["auto", "cpu", "cuda"] = "cpu"

    def __post_init__(self) -> None:
        for name, allowed in (
            ("loss", get_args(NetworkLoss)),
            ("optimiser", get_args(Optimiser)),
            ("deletion", get_args(Deletion)),
            ("dtype", ("float64", "float32")),
            ("device", ("auto", "cpu", "cuda")),
        ):
            if getattr(self, name) not in allowed:
                raise BadTuning(f"{name}: {getattr(self, name)} is none of {', '.join(allowed)}")
        put = partial(object.__setattr__, self)  # Python's own numbers, whatever kind was given
        for name, least in (("steps", 0), ("batch_size", 0), ("frozen", 0), ("heads", 1)):
            put(name, whole_number(name, getattr(self, name), least))
        for name in ("step_size", "l2", "l2_to_start", "input_noise", "margin_strength", "head_scale"):
            put(name, number_below(name, getattr(self, name)))
        for name in ("momentum", "mixout"):
            put(name, number_below(name, getattr(self, name), 1.0))
        if self.optimiser == "gd" and self.batch_size:
            raise BadTuning(f"batch_size: gd takes the full batch, 0; got {self.batch_size}, which is for sgd")
        if self.optimiser == "sgd" and not self.batch_size:
            raise BadTuning("batch_size: sgd takes minibatches of 1 or more; got 0, which is gd")
        if self.heads > 1 and self.head_scale == 0:
            raise BadTuning(f"head_scale: {self.heads} heads from the zero start are one head; give a number above 0")

    def label(self) -> str:
        """A short text that differs for different tunings: the fields that are not at their default."""
        shown = (f for f in fields(self) if f.name != "device" and getattr(self, f.name) != f.default)
        return " ".join(f"{f.name}={getattr(self, f.name)}" for f in shown) or "default"


class Member(NamedTuple):
    """One network of a job: the sample it never sees, and the seed of its head, its minibatches, its masks and its noise.

    Equal seeds draw the same whatever is left out, so that leave-one-out pairs differ by the sample alone.
    """

    left_out: int | None = None
    seed: int = 0


def crossed(left_out: Iterable[int | None], seeds: Iterable[int]) -> tuple[Member, ...]:
    """Every sample with every seed, seeds varying faster."""
    return tuple(Member(*pair) for pair in product(left_out, seeds))


def check_members(members: Sequence[Member], n: int) -> None:
    """Raises BadTuning unless there is a member, and each leaves out none or one of n samples, two or more."""
    if not len(members):
        raise BadTuning("members: there must be one or more")
    for member in members:
        if not isinstance(member, Member):
            raise BadTuning(f"members: {member!r} must be a Member")
        whole_number("members: seed", member.seed, 0)
        if member.left_out is None:
            continue
        if whole_number("members: left_out", member.left_out, 0) >= n:
            raise BadTuning(f"members: sample {member.left_out} cannot be left out of {n}")
        if n < 2:
            raise BadTuning("members: of one sample none can be left out")


@dataclass(frozen=True, eq=False, kw_only=True)
class NetworkJob:
    """One task under one tuning.

    inputs, labels  (n, p), (n,) −1/+1
    test_inputs     (k, p)
    encoder         where the layers below the heads start: one for all members, or one a member
    snapshots       steps to look at, 0 to the last one, which is always among them
    """

    inputs: Floats
    labels: Ints
    test_inputs: Floats
    encoder: Encoder
    tuning: NetworkTuning
    members: tuple[Member, ...] = (Member(),)
    snapshots: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for name, of in (("inputs", self.inputs), ("labels", self.labels), ("test_inputs", self.test_inputs)):
            if not isinstance(of, np.ndarray):
                raise BadTuning(f"{name}: must be a NumPy array; got {type(of).__name__}")
        for name, of in (("inputs", self.inputs), ("test_inputs", self.test_inputs)):
            if of.ndim != 2 or of.dtype.kind not in "fiu":
                raise BadTuning(f"{name}: must be numbers with two axes; got {of.dtype} of shape {of.shape}")
            if of.shape[1] != self.encoder.inputs:
                raise BadTuning(f"encoder: takes {self.encoder.inputs} inputs; {name} have {of.shape[1]}")
        n = len(self.inputs)
        if not n:
            raise BadTuning("inputs: there must be one sample or more; got 0")
        if self.labels.shape != (n,) or not np.isin(self.labels, (-1, 1)).all():
            raise BadTuning(f"labels: must be {n} numbers, −1 or +1")
        check_members(self.members, n)
        for step in self.snapshots:
            if whole_number("snapshots", step, 0) > self.tuning.steps:
                raise BadTuning(f"snapshots: {step!r} must be one of the steps, 0 to {self.tuning.steps}")
        if self.encoder.members not in (None, len(self.members)):
            raise BadTuning(f"encoder: is one for each of {self.encoder.members} members; got {len(self.members)}")
        if self.tuning.frozen > len(self.encoder.widths):
            raise BadTuning(f"frozen: {self.tuning.frozen} layers; the encoder has {len(self.encoder.widths)}")

    @property
    def looks(self) -> tuple[int, ...]:
        """The steps at which to look, ascending."""
        return tuple(sorted({int(step) for step in self.snapshots} | {self.tuning.steps}))

    @property
    def kept(self) -> NDArray[np.bool_]:
        """(R, n): which samples a member sees."""
        mask = np.ones((len(self.members), len(self.inputs)), dtype=bool)
        for row, (i, _) in enumerate(self.members):
            if i is not None:
                mask[row, i] = False
        return mask

    @property
    def sample_weights(self) -> Floats:
        """(R, n): what a sample counts in a member's risk, 0 for the one it never sees."""
        kept = self.kept
        total = kept.sum(axis=1, keepdims=True) if self.tuning.deletion == "reweighted" else len(self.inputs)
        return np.asarray(kept / total)


def job_of(
    task: TransferTask,
    *,
    encoder: Encoder,
    tuning: NetworkTuning,
    members: tuple[Member, ...],
    snapshots: tuple[int, ...] = (),
) -> NetworkJob:
    """The job of tuning on a pair's target."""
    return NetworkJob(
        inputs=task.inputs,
        labels=task.labels,
        test_inputs=task.test_inputs,
        encoder=encoder,
        tuning=tuning,
        members=members,
        snapshots=snapshots,
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class NetworkFit:
    """All members of a job, at S looks; each network is one row of P numbers: layer by layer weights, then biases; heads last.

    steps         S looks, the last one after the last step
    shapes        of the parts of a row: W_1, b_1, …, heads (H, h), their biases (H,)
    start         (R, P)
    parameters    (S, R, P)
    outputs       (S, R, n) of the mean head on the job's inputs, without noise
    test_outputs  (S, R, k)
    risks         (S, R) mean loss of the mean head over what the member sees
    distances     (S, R) ‖θ_t − θ_0‖
    class_gaps    (S, R) ‖μ_+ − μ_−‖ of the last features of what the member sees; nan where it sees one class
    margins       (S, R) the smallest y f(x)/‖w̄‖ among them, w̄ the mean head; nan where w̄ = 0
    head_norms    (S, R) ‖w̄‖
    status        one a member; a run is DIVERGED where all that it descends on ended above where it began
    """

    members: tuple[Member, ...]
    steps: tuple[int, ...]
    shapes: tuple[tuple[int, ...], ...]
    start: Floats
    parameters: Floats
    outputs: Floats
    test_outputs: Floats
    risks: Floats
    distances: Floats
    class_gaps: Floats
    margins: Floats
    head_norms: Floats
    status: tuple[Status, ...]

    @property
    def ok(self) -> NDArray[np.bool_]:
        """(R,): which members ran to the last step."""
        return np.array([s is Status.OK for s in self.status])

    @property
    def encoders(self) -> Encoder:
        """After the last step, one a member."""
        ends = np.cumsum([np.prod(shape) for shape in self.shapes])
        parts = np.split(self.parameters[-1], ends[:-1], axis=-1)[:-2]  # the heads come last
        layers = [part.reshape(-1, *shape) for part, shape in zip(parts, self.shapes, strict=False)]
        return Encoder(tuple(layers[::2]), tuple(layers[1::2]))

    @property
    def collapsed(self) -> Floats:
        """(S, R, P'): the heads replaced by their mean, so that networks of any number of heads are as long."""
        heads, width = self.shapes[-2]
        encoder, weights, biases = np.split(self.parameters, (-heads * (width + 1), -heads), axis=-1)
        mean = weights.reshape(*weights.shape[:-1], heads, width).mean(axis=-2)
        return np.concatenate((encoder, mean, biases.mean(axis=-1, keepdims=True)), axis=-1)
