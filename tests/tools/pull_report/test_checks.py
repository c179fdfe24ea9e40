"""The checks on constructed evidence: what the registry says, in every combination with the Hub."""

from __future__ import annotations

from typing import Any

import pytest

from dockerhub_mcp.hub import CredentialKind, HubError
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.errors import (
    ConnectionFailed,
    Forbidden,
    NotFound,
    RateLimited,
    SignInLocked,
    SignInRefused,
    SignInUnavailable,
    Unauthorized,
)
from dockerhub_mcp.hub.models import Repository, Tag
from dockerhub_mcp.registry import ManifestHead, PullLimit
from dockerhub_mcp.tools.access_report.account import AccountFacts
from dockerhub_mcp.tools.image_content.platforms import parse_platform
from dockerhub_mcp.tools.images.target import ImageTarget
from dockerhub_mcp.tools.pull_report.access_checks import check_account, check_permission, check_repository
from dockerhub_mcp.tools.pull_report.evidence import PullEvidence, RegistryEvidence
from dockerhub_mcp.tools.pull_report.image_checks import (
    check_content,
    check_platform,
    check_status,
    check_tag,
)
from dockerhub_mcp.tools.pull_report.limit_checks import check_pull_limit
from dockerhub_mcp.tools.pull_report.near_names import NearNames
from dockerhub_mcp.tools.pull_report.result import CheckResult, PullCheck

OK, PROBLEM, UNKNOWN = CheckResult.OK, CheckResult.PROBLEM, CheckResult.UNKNOWN
INDEX = "application/vnd.oci.image.index.v1+json"
IMAGE = "application/vnd.oci.image.manifest.v1+json"
SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"
DIGEST, OTHER = f"sha256:{'0a' * 32}", f"sha256:{'0b' * 32}"
MISSING = NotFound("It is missing.", status=404)
DOWN = ConnectionFailed("The registry cannot be reached.")
HEAD = ManifestHead(DIGEST, INDEX)
PUBLIC, PRIVATE = Repository(name="app", is_private=False), Repository(name="app", is_private=True)
ANONYMOUS = Principal("", CredentialKind.ANONYMOUS)
USER = Principal("ada", CredentialKind.PASSWORD)


def images(*platforms: str) -> list[dict[str, str | None]]:
    found = []
    for platform in platforms:
        parsed = parse_platform(platform)
        found.append({"os": parsed.os, "architecture": parsed.architecture, "variant": parsed.variant})
    return found


def tag(*platforms: str, **facts: Any) -> Tag:
    values = {"name": "1", "digest": DIGEST, "media_type": INDEX, "images": images(*platforms), **facts}
    return Tag.model_validate(values)


def evidence(
    reference: str = "acme/app:1",
    *,
    repository: Repository | HubError = PUBLIC,
    principal: Principal = USER,
    error: HubError | None = None,
    **facts: Any,
) -> PullEvidence:
    account = AccountFacts(principal, error=error)
    facts.setdefault("tag", tag("linux/amd64", "linux/arm64"))
    return PullEvidence(ImageTarget.parse(reference), account, repository, **facts)


def registry(head: ManifestHead | HubError = HEAD, *actions: str, **facts: Any) -> RegistryEvidence:
    granted = None if isinstance(head, ManifestHead) else frozenset(actions)
    return RegistryEvidence(head, **{"actions": granted, **facts})


def result(check: PullCheck | None) -> CheckResult | None:
    return None if check is None else check.result


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (None, OK),
        (SignInRefused("Refused.", why="It expired.", remedy="Renew it."), PROBLEM),
        (SignInLocked("Locked."), UNKNOWN),
        (SignInUnavailable("Down."), UNKNOWN),
        (DOWN, UNKNOWN),
    ],
)
def test_a_refused_sign_in_is_a_problem_and_an_outage_is_not(
    error: HubError | None, expected: CheckResult
) -> None:
    assert result(check_account(evidence(error=error, principal=ANONYMOUS if error else USER))) is expected


def test_a_bearer_token_that_the_hub_rejects_leaves_account_and_repository_unknown() -> None:
    rejected = evidence(repository=Unauthorized("Rejected.", status=401), tag=None)
    assert (check_account(rejected).result, check_repository(rejected).result) == (UNKNOWN, UNKNOWN)


def test_an_account_that_the_registry_alone_refuses_is_a_problem() -> None:
    refused = check_account(evidence(registry=registry(SignInRefused("The token service refused it."))))
    assert (refused.result, refused.finding) == (PROBLEM, "The token service refused it.")


@pytest.mark.parametrize(
    ("repository", "found", "expected"),
    [
        (PUBLIC, None, OK),
        (PRIVATE, registry(MISSING), OK),
        (MISSING, None, PROBLEM),
        (MISSING, registry(MISSING, "pull"), PROBLEM),
        (MISSING, registry(), OK),
        (DOWN, None, UNKNOWN),
        (DOWN, registry(), OK),
    ],
)
def test_a_repository_that_the_registry_has_exists(
    repository: Repository | HubError, found: RegistryEvidence | None, expected: CheckResult
) -> None:
    assert check_repository(evidence(repository=repository, registry=found)).result is expected


@pytest.mark.parametrize(
    ("principal", "words"),
    [
        (ANONYMOUS, "docker login"),
        (USER, "ask an owner of acme for read access for ada"),
        (Principal("ada", CredentialKind.PAT, scopes=("repo:public_read",)), "create one with repo:read"),
        (Principal("ada", CredentialKind.PAT, scopes=("repo:read",)), "ask an owner of acme"),
        (Principal("acme", CredentialKind.OAT), "can give the token scope-image-pull"),
        (Principal("bigcorp", CredentialKind.OAT), "acts for bigcorp only"),
    ],
)
def test_the_remedy_for_a_private_image_depends_on_the_credentials(principal: Principal, words: str) -> None:
    missing = check_repository(evidence(repository=MISSING, principal=principal))
    denied = check_permission(evidence(repository=PRIVATE, principal=principal, registry=registry(MISSING)))
    assert denied is not None
    assert words in missing.remedy
    assert words.lower() in denied.remedy.lower()
    assert (missing.result, denied.result) == (PROBLEM, PROBLEM)


def test_names_of_other_publishers_are_not_offered_as_what_was_meant() -> None:
    near = NearNames(["acme/apps"], ["mallory/app"])
    remedy = check_repository(evidence(repository=MISSING, near=near)).remedy
    assert "Did you mean acme/apps?" in remedy
    assert "Public, but of other publishers: mallory/app." in remedy


@pytest.mark.parametrize(
    ("repository", "found", "expected"),
    [
        (PUBLIC, None, None),
        (PRIVATE, registry(), OK),
        (PRIVATE, registry(MISSING, "pull"), OK),
        (PRIVATE, registry(MISSING), PROBLEM),
        (PRIVATE, registry(DOWN, actions=None), UNKNOWN),
        (PRIVATE, registry(MISSING, actions=DOWN), UNKNOWN),
        (PRIVATE, None, UNKNOWN),
        (PRIVATE.model_copy(update={"permissions": None}), None, UNKNOWN),
        (Forbidden("Not allowed.", status=403), None, PROBLEM),
        (MISSING, None, None),
    ],
)
def test_a_pull_is_permitted_only_where_the_registry_says_so(
    repository: Repository | HubError, found: RegistryEvidence | None, expected: CheckResult | None
) -> None:
    assert result(check_permission(evidence(repository=repository, registry=found))) is expected


@pytest.mark.parametrize(
    ("reference", "read", "found", "expected"),
    [
        ("acme/app:1", tag("linux/amd64"), None, OK),
        ("acme/app:1", MISSING, None, PROBLEM),
        ("acme/app:1", MISSING, registry(), OK),
        ("acme/app:1", DOWN, None, UNKNOWN),
        ("acme/app:1", tag("linux/amd64"), registry(MISSING, "pull"), PROBLEM),
        ("acme/app:1", tag("linux/amd64"), registry(MISSING), OK),
        ("acme/app:1", tag("linux/amd64"), registry(DOWN), OK),
        (f"acme/app@{DIGEST}", None, registry(), OK),
        (f"acme/app@{DIGEST}", None, registry(MISSING), PROBLEM),
        (f"acme/app@{DIGEST}", None, None, UNKNOWN),
        (f"acme/app:1@{DIGEST}", tag("linux/amd64"), None, OK),
        (f"acme/app:1@{OTHER}", tag("linux/amd64"), None, UNKNOWN),
    ],
)
def test_a_tag_exists_where_the_registry_or_the_hub_has_it(
    reference: str, read: Any, found: RegistryEvidence | None, expected: CheckResult
) -> None:
    assert result(check_tag(evidence(reference, tag=read, registry=found))) is expected


def test_a_tag_that_moved_away_from_the_digest_beside_it_is_mentioned() -> None:
    check = check_tag(evidence(f"acme/app:1@{OTHER}", registry=registry()))
    assert check is not None
    assert f"the tag 1 points to {DIGEST[:19]} by now" in check.finding


@pytest.mark.parametrize(
    ("read", "found", "expected"),
    [
        (tag("linux/amd64"), None, OK),
        (tag("linux/amd64", media_type=SCHEMA_1), None, PROBLEM),
        (tag("linux/amd64"), registry(ManifestHead(DIGEST, SCHEMA_1)), PROBLEM),
        (tag("linux/amd64", content_type="helm"), None, PROBLEM),
        (tag("linux/amd64", content_type="something-new"), None, PROBLEM),
        (tag(), None, PROBLEM),
        (tag(images=[{"os": "unknown", "architecture": "unknown"}]), None, PROBLEM),
        (tag(images=[{"os": "unknown", "architecture": "unknown"}], media_type=IMAGE), None, UNKNOWN),
        (tag(images=None), None, None),
        (None, registry(), UNKNOWN),
        (None, None, None),
    ],
)
def test_what_is_no_image_that_engines_pull_is_a_problem(
    read: Tag | None, found: RegistryEvidence | None, expected: CheckResult | None
) -> None:
    assert result(check_content(evidence(tag=read, registry=found))) is expected


@pytest.mark.parametrize(
    ("content_types", "expected"),
    [(["plugin"], PROBLEM), (["image"], OK), (["image", "helm"], OK), ([], OK), (None, OK)],
)
def test_a_repository_of_other_content_than_images_is_a_problem(
    content_types: list[str | None] | None, expected: CheckResult
) -> None:
    repository = Repository(name="app", content_types=content_types)
    found = evidence(repository=repository, tag=tag("linux/amd64", content_type="image"))
    assert result(check_content(found)) is expected


@pytest.mark.parametrize(
    ("platforms", "wanted", "expected"),
    [
        (["linux/amd64", "linux/arm64"], None, OK),
        (["linux/amd64"], None, UNKNOWN),
        (["linux/amd64"], "linux/amd64", OK),
        (["linux/amd64"], "linux/arm64", PROBLEM),
        (["linux/arm/v6"], "linux/arm/v7", OK),
        (["linux/arm/v7"], "linux/arm/v6", PROBLEM),
        (["linux/arm/v7"], "linux/arm64", UNKNOWN),
        (["linux/386"], "linux/amd64", UNKNOWN),
        (["linux/amd64"], "windows/amd64", PROBLEM),
        (["windows/amd64"], "linux/amd64", PROBLEM),
        ([], "linux/amd64", None),
    ],
)
def test_a_platform_is_missing_only_where_no_engine_takes_another(
    platforms: list[str], wanted: str | None, expected: CheckResult | None
) -> None:
    asked = parse_platform(wanted) if wanted else None
    assert result(check_platform(evidence(tag=tag(*platforms)), asked)) is expected


def test_a_single_manifest_of_another_platform_may_still_be_pulled() -> None:
    check = check_platform(evidence(tag=tag("linux/amd64", media_type=IMAGE)), parse_platform("linux/arm64"))
    assert check is not None
    assert check.result is UNKNOWN
    assert "with a warning" in check.finding


def test_windows_images_of_several_builds_depend_on_the_host() -> None:
    builds = [{"os": "windows", "architecture": "amd64", "os_version": f"10.0.{n}"} for n in (1, 2)]
    check = check_platform(evidence(tag=tag(images=builds)), parse_platform("windows/amd64"))
    assert check is not None
    assert check.result is UNKNOWN
    assert "windows(10.0.1)/amd64, windows(10.0.2)/amd64" in check.finding


def test_the_platforms_of_a_digest_are_those_of_its_own_image() -> None:
    image = {"os": "linux", "architecture": "s390x", "digest": OTHER}
    read = tag(images=[image, *images("linux/amd64")])
    check = check_platform(evidence(f"acme/app:1@{OTHER}", tag=read), parse_platform("linux/amd64"))
    assert result(check) is PROBLEM


@pytest.mark.parametrize(
    ("found", "expected", "words"),
    [
        (None, UNKNOWN, "no registry"),
        (registry(), OK, "no limit reported"),
        (registry(limit=PullLimit(100, 7, 21_600, "192.0.2.1")), OK, "about 7 of 100 left per 6 h"),
        (registry(limit=PullLimit(100, 0, 21_600, "192.0.2.1")), PROBLEM, "the IP address of this server"),
        (registry(limit=PullLimit(200, 0, 21_600, "a-b-c")), PROBLEM, "counted for the account"),
        (registry(RateLimited("The pull limit is reached.")), PROBLEM, "reached"),
        (registry(MISSING, limit_error=RateLimited("The pull limit is reached.")), PROBLEM, "reached"),
        (registry(DOWN, limit_error=DOWN), UNKNOWN, "cannot be reached"),
    ],
)
def test_a_pull_limit_that_is_reached_is_a_problem(
    found: RegistryEvidence | None, expected: CheckResult, words: str
) -> None:
    check = check_pull_limit(evidence(registry=found))
    assert (check.result, words in check.finding) == (expected, True), check
    assert "192.0.2.1" not in check.finding


@pytest.mark.parametrize(
    ("principal", "words"), [(ANONYMOUS, "docker login"), (USER, "Pro, Team and Business")]
)
def test_the_remedy_for_a_reached_limit_does_not_invent_a_moment(principal: Principal, words: str) -> None:
    found = registry(limit=PullLimit(100, 0, 21_600, ""))
    check = check_pull_limit(evidence(registry=found, principal=principal))
    assert words in check.remedy
    assert "the registry does not tell when" in check.remedy


@pytest.mark.parametrize(
    ("repository", "word"),
    [
        (Repository(name="app", archived=True), "archived"),
        (Repository(name="app", status=6), "archived"),
        (Repository(name="app", status=0), "inactive"),
    ],
)
def test_archived_and_inactive_repositories_are_no_problem(repository: Repository, word: str) -> None:
    check = check_status(evidence(repository=repository))
    assert check is not None
    assert (check.result, check.finding.startswith(word)) == (OK, True)
    assert check_status(evidence(repository=PUBLIC)) is None
