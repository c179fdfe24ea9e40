"""Words with a meaning in tags."""

from __future__ import annotations

PRERELEASE_RANKS = {
    "commit": 0,
    "pr": 0,
    "dev": 1,
    "nightly": 1,
    "canary": 1,
    "edge": 1,
    "test": 1,
    "unstable": 1,
    "next": 1,
    "main": 1,
    "master": 1,
    "develop": 1,
    "snapshot": 1,
    "alpha": 2,
    "beta": 3,
    "m": 4,
    "ea": 4,
    "preview": 4,
    "rc": 5,
}
"""Words that mark prereleases, with the order in which projects publish them."""

PRERELEASE_SYNONYMS = {"a": "alpha", "b": "beta", "c": "rc", "cr": "rc", "pre": "preview"}

GLUED_PRERELEASES = frozenset({"a", "b", "c"})
"""Prerelease words only between two numbers without a separator, as in `3.13.0b2`."""

NUMBERED_PRERELEASES = frozenset({"m", "cr", "pr"})
"""Prerelease words only in front of a number, as in `1.0-M3`."""

CHANNELS = frozenset(
    {"dev", "nightly", "canary", "edge", "next", "test", "unstable", "main", "master", "develop"}
)
"""Words that mark a prerelease in front of a number (`1.0.0-canary.3`), and a variant of its own without one.

Hardened images, for example, have a variant `3.13-dev`: its successor is `3.14-dev`, not `3.14`.
"""

UNSTABLE_WORDS = frozenset(
    (PRERELEASE_RANKS.keys() | {"cr", "pre"}) - {"commit", "m"},
)
"""Words that make a tag unstable wherever they are."""

BRANCH_WORDS = frozenset(
    {"branch", "bugfix", "ci", "commit", "daily", "devel", "experimental", "feat", "feature", "fix", "git",
     "head", "insiders", "mr", "rawhide", "sha", "sid", "testing", "tip", "trunk", "wip"}
)  # fmt: skip
"""Words that make a tag unstable at its start. Behind a version, they are variants, as in `27-git`."""

COMMIT_WORDS = frozenset({"commit", "sha"})
"""Words in front of commits."""

CODE_BRANCHES = frozenset({"branch", "dev", "develop", "feature", "git", "head", "main", "master", "trunk"})
"""Names of branches that projects put in front of commits, as in `main-528c62a`."""

RELEASE_WORDS = frozenset({"release", "final", "ga"})
"""Words behind a dot that say that a version is a release, as in `26.1.0.Final`."""

VERSION_WORDS = frozenset({"b", "build", "r", "rel", "release", "ver", "version"})
"""Words that may stand before a version without a separator, as in `release2.3`."""

BASE_SYSTEMS = frozenset(
    {"almalinux", "alpine", "amazonlinux", "centos", "debian", "fedora", "nanoserver", "oraclelinux",
     "rockylinux", "ubi", "ubuntu", "windows", "windowsservercore"}
)  # fmt: skip
"""Systems that images are built on. A number behind them is the version of the system."""
