"""How fast, beside whom: every peer solves the same problem in the same run. `python -m benchmarks --help`."""
