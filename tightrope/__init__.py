"""Tightrope: is the bound true, and how tight is it?"""

__version__ = "0.1.0"
