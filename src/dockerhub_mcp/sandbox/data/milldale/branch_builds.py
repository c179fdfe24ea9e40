"""The builds of branches, pull requests and nights, most of which were never pulled."""

from dataclasses import replace

from dockerhub_mcp.sandbox.data.deterministic import derive_digest, derive_number
from dockerhub_mcp.sandbox.data.milldale.series import BuildSeries, build_series
from dockerhub_mcp.sandbox.data.platforms import AMD64
from dockerhub_mcp.sandbox.data.releases import TagTemplate
from dockerhub_mcp.sandbox.state import TagRecord

PULL_REQUESTS = BuildSeries(400, 0.6, 2.1, never_pulled=0.6)
FEATURES = BuildSeries(150, 3.0, 7.0, never_pulled=0.5)
NIGHTS = BuildSeries(120, 0.4, 1.0, never_pulled=0.7)
MAIN_AGE, MAIN_INTERVAL, MAIN_NEVER_PULLED = 0.3, 0.55, 0.4
LAST_PULL_REQUEST, LAST_NIGHT = 1310, 1487
DEV_POSITION = 30
"""The position of the feature build that the forgotten tag `dev` points at."""
COMMIT_TAG_COUNT = 150
"""The number of builds of the main branch that have a second tag, named after the commit alone."""


def build_branch_tags(
    template: TagTemplate, features: tuple[str, ...], total: int, now: float
) -> list[TagRecord]:
    """Return `total` tags, of which the builds of the main branch are as many as the others leave."""
    single = template._replace(platforms=(AMD64,))
    requests = [f"pr-{LAST_PULL_REQUEST - 2 * number}" for number in range(PULL_REQUESTS.build_count)]
    branches = [_name_feature_build(features, number) for number in range(FEATURES.build_count)]
    nights = [f"nightly-{LAST_NIGHT - number}" for number in range(NIGHTS.build_count)]
    built_features = build_series(template, FEATURES, branches, now)
    built_nights = build_series(template, NIGHTS, nights, now)
    tags = [
        *build_series(single, PULL_REQUESTS, requests, now),
        *built_features,
        *built_nights,
        replace(built_nights[0], name="nightly"),
        replace(built_features[DEV_POSITION], name="dev"),
    ]
    main_count = total - len(tags) - COMMIT_TAG_COUNT - 1
    return [*tags, *_build_main_tags(template, main_count, now)]


def _build_main_tags(template: TagTemplate, build_count: int, now: float) -> list[TagRecord]:
    """Return a tag for each build of the main branch, a second one for the newest builds, and `edge`."""
    commits = [_derive_commit("main", number) for number in range(build_count)]
    series = BuildSeries(build_count, MAIN_AGE, MAIN_INTERVAL, MAIN_NEVER_PULLED)
    tags = build_series(template, series, [f"main-{commit}" for commit in commits], now)
    newest = zip(tags[:COMMIT_TAG_COUNT], commits, strict=False)
    return [
        *tags,
        *(replace(tag, name=f"sha-{commit}") for tag, commit in newest),
        replace(tags[0], name="edge"),
    ]


def _name_feature_build(features: tuple[str, ...], number: int) -> str:
    feature = features[derive_number("branch", number, below=len(features))]
    return f"feature-{feature}-{_derive_commit('feature', number)}"


def _derive_commit(*seed: object) -> str:
    return derive_digest("commit", *seed)[7:14]
