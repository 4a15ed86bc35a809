"""Hypothesis profiles, chosen by HYPOTHESIS_PROFILE: ci (the same examples every time), dev, nightly. Pages in a browser.

It is read before torch is imported, which reads how many threads it may have.
"""

import os

from browser import chromium, page_at  # noqa: F401  the fixtures
from hypothesis import HealthCheck, settings

if "PYTEST_XDIST_WORKER" in os.environ:  # a worker a core: threads of their own would wait for each other, spinning
    os.environ.setdefault("OMP_NUM_THREADS", "1")

_PROFILES = {
    "ci": {"derandomize": True, "max_examples": 20},
    "dev": {"max_examples": 50},
    "nightly": {"max_examples": 2000},
}
for _name, _options in _PROFILES.items():
    settings.register_profile(
        _name, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow], **_options
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
