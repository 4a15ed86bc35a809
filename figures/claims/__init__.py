"""Figures of a finished ledger of claims: a panel a claim, all verdicts at a glance, and what the networks show."""

from figures.claims.write import BadFigure, build, figure_of

__all__ = ["BadFigure", "build", "figure_of"]
