"""Hypothesis profiles, chosen by HYPOTHESIS_PROFILE: ci (the same examples every time), dev, nightly. Pages in a browser."""

import os

from browser import chromium, page_at  # noqa: F401  the fixtures
from hypothesis import HealthCheck, settings

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
