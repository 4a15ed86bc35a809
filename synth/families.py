"""The families, by name: the literal list, and what other packages add under `tightrope.families`."""

from collections.abc import Mapping
from importlib.metadata import entry_points

from synth.family import Family, Parameter, Sample
from synth.features import network
from synth.gaussian import mixture, multiclass
from synth.lattice import axes, lattice
from synth.multiclass import multiclass_planted
from synth.separable import cap, duplicates, outliers, planted_gaussian, planted_sphere
from synth.spec import BadSuite

__all__ = ["BUILT_IN", "Family", "Parameter", "Sample", "families", "family"]

GROUP = "tightrope.families"

_radius = {"radius": Parameter(1.0, 1e-9, 1e9)}
_planted = {**_radius, "margin_ratio": Parameter(0.1, 1e-9, 1.0)}
_sphere = {**_planted, "spread": Parameter(0.5, 0.0, 1.0)}
_decay = {"decay": Parameter(1.0, 0.0, 8.0)}
_mixture = {
    **_radius,
    **_decay,
    "separation": Parameter(2.0, 0.0, 1e3),
    "positive": Parameter(0.5, 0.0, 1.0),
    "flip": Parameter(0.0, 0.0, 1.0),
}

_LIST = (
    Family(
        "planted-sphere",
        iid=False,
        separable=True,
        sample=planted_sphere,
        about="points on a sphere, exact margin and radius",
        parameters=_sphere,
    ),
    Family(
        "planted-gaussian",
        iid=False,
        separable=True,
        sample=planted_gaussian,
        about="anisotropic Gaussian cloud, exact margin and radius",
        parameters={**_sphere, **_decay},
    ),
    Family(
        "cap",
        iid=True,
        separable=True,
        sample=cap,
        about="two opposite caps of a sphere, margin at least γ in every draw",
        parameters=_planted,
    ),
    Family(
        "mixture",
        iid=True,
        separable=None,
        sample=mixture,
        about="two Gaussians with a power-law spectrum",
        parameters=_mixture,
    ),
    Family(
        "imbalanced",
        iid=True,
        separable=None,
        sample=mixture,
        about="a mixture with a rare class, which a draw may miss",
        parameters={**_mixture, "positive": Parameter(0.15, 0.0, 1.0)},
    ),
    Family(
        "duplicates",
        iid=False,
        separable=True,
        sample=duplicates,
        about="few distinct points, copied",
        parameters={**_sphere, "distinct": Parameter(0.25, 0.0, 1.0)},
    ),
    Family(
        "outliers",
        iid=False,
        separable=True,
        sample=outliers,
        about="a separable cloud and a few points of high leverage",
        parameters={
            **_sphere,
            "outliers": Parameter(2.0, 1.0, 1e6),
            "leverage": Parameter(20.0, 1.0, 1e6),
        },
    ),
    Family(
        "label-noise",
        iid=True,
        separable=None,
        sample=mixture,
        about="a mixture with a share of wrong labels",
        parameters={**_mixture, "flip": Parameter(0.2, 0.0, 1.0)},
    ),
    Family(
        "network",
        iid=True,
        separable=None,
        sample=network,
        about="features of a frozen random two-layer network",
        parameters={
            **_radius,
            "relu": Parameter(0.0, 0.0, 1.0),
            "inputs": Parameter(16.0, 1.0, 4096.0),
        },
    ),
    Family(
        "multiclass",
        iid=True,
        separable=None,
        sample=multiclass,
        about="Gaussian classes that overlap",
        multiclass=True,
        parameters={**_radius, **_decay, "separation": _mixture["separation"]},
    ),
    Family(
        "multiclass-planted",
        iid=True,
        separable=True,
        sample=multiclass_planted,
        about="classes in balls that a head separates for sure",
        multiclass=True,
        parameters={**_radius, "noise": Parameter(0.5, 0.0, 0.999)},
    ),
    Family(
        "lattice",
        iid=True,
        separable=None,
        sample=lattice,
        about="small whole coordinates, labels by a coin",
        parameters={"height": Parameter(1.0, 1.0, 100.0)},
        designed=False,
    ),
    Family(
        "axes",
        iid=False,
        separable=True,
        sample=axes,
        about="samples on the axes: at right angles, or copies",
        parameters=_radius,
        designed=False,
    ),
)
BUILT_IN: Mapping[str, Family] = {family.name: family for family in _LIST}


def family(name: str) -> Family:
    """The family called `name`; other packages are asked only for names that are not built in.

    Raises BadSuite, with one line, for a name that nobody has, and for an entry point that does not give a Family.
    """
    if name in BUILT_IN:
        return BUILT_IN[name]
    for point in entry_points(group=GROUP, name=name):
        try:
            given = point.load()
        except Exception as error:
            raise BadSuite(f"family {name!r} of {point.value} cannot be loaded: {error}") from error
        return _loaded(name, given)
    known = ", ".join(sorted({*BUILT_IN, *entry_points(group=GROUP).names}))
    raise BadSuite(f"unknown family {name!r}; known are {known}")


def families() -> Mapping[str, Family]:
    """Every family, built in or added."""
    names = [*BUILT_IN, *sorted(entry_points(group=GROUP).names - BUILT_IN.keys())]
    return {name: family(name) for name in names}


def _loaded(name: str, found: object) -> Family:
    if not isinstance(found, Family):
        raise BadSuite(f"the entry point {name!r} of {GROUP} must be a synth.families.Family; got {found!r}")
    return found
