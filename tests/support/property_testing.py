"""Sizes of property tests: small in the profile `ci`, which is the default, and large in `nightly`.

Select a profile with `--hypothesis-profile nightly` or with the variable HYPOTHESIS_PROFILE.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_DEFAULT_PROFILE = "ci"
_NIGHTLY_FACTOR = 30


def register_profiles() -> None:
    """Register the profiles with Hypothesis and load the one that HYPOTHESIS_PROFILE names.

    Examples of `ci` are the same in every run, so that a failure concerns the change at hand. Those of `nightly`
    differ from night to night, and a failure prints how to reproduce it.
    """
    settings.register_profile("ci", deadline=None, derandomize=True, database=None)
    settings.register_profile("nightly", deadline=None, print_blob=True)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", _DEFAULT_PROFILE))


def examples(count: int, *, suppress: tuple[HealthCheck, ...] = ()) -> settings:
    """Return the settings of a property test.

    Args:
        count: The number of examples in the profile `ci`; `nightly` tries thirty times as many.
        suppress: Health checks that do not apply to the test.
    """
    nightly = settings.get_current_profile_name() == "nightly"
    return settings(
        max_examples=count * (_NIGHTLY_FACTOR if nightly else 1), suppress_health_check=list(suppress)
    )
