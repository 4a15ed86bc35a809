"""A power law through points: ordinary least squares on logarithms, with Student's t intervals."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Floats = NDArray[np.float64]
LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class PowerLaw:
    """y ≈ C x^slope · (other factors).

    points      how many
    slope       exponent of x
    low, high   its 95 % interval: t with points − parameters degrees of freedom, for residuals of the
                logarithms that are independent, Gaussian and of one variance
    """

    points: int
    slope: float
    low: float
    high: float
    coefficients: Floats
    covariance: Floats
    quantile: float

    def band(self, x: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """The line and the 95 % confidence band of its mean at x; for a law of x alone."""
        row = np.column_stack([np.ones(np.size(x)), np.log(np.asarray(x, np.float64))])
        centre = row @ self.coefficients
        half = self.quantile * np.sqrt(np.einsum("ij,jk,ik->i", row, self.covariance, row))
        return np.exp(centre), np.exp(centre - half), np.exp(centre + half)

    def text(self) -> str:
        """`−0.98 [−1.04, −0.92]`."""
        return f"{self.slope:.2f} [{self.low:.2f}, {self.high:.2f}]".replace("-", "−")


def power_law(y: ArrayLike, x: ArrayLike, *others: ArrayLike) -> PowerLaw | None:
    """The law of y in x, at fixed `others`; points that are not positive and finite are left out.

    None where fewer than two degrees of freedom are left, or x cannot be told from the others.
    """
    columns = np.column_stack([np.asarray(c, np.float64) for c in (y, x, *others)])
    logs = np.log(columns[(np.isfinite(columns) & (columns > 0)).all(axis=1)])
    design = np.column_stack([np.ones(len(logs)), logs[:, 1:]])
    freedom = len(logs) - design.shape[1]
    if freedom < 2 or np.linalg.matrix_rank(design) < design.shape[1]:
        return None
    coefficients, *_ = np.linalg.lstsq(design, logs[:, 0])
    residuals = logs[:, 0] - design @ coefficients
    covariance = np.linalg.inv(design.T @ design) * (residuals @ residuals) / freedom
    quantile = float(stats.t.isf((1 - LEVEL) / 2, freedom))
    slope, half = float(coefficients[1]), quantile * float(np.sqrt(covariance[1, 1]))
    return PowerLaw(
        points=len(logs),
        slope=slope,
        low=slope - half,
        high=slope + half,
        coefficients=coefficients,
        covariance=covariance,
        quantile=quantile,
    )
