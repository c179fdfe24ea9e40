"""Explanations of refusals (403) for every method and every kind of account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from dockerhub_mcp.hub import Method
from dockerhub_mcp.hub.api.enums import Area, CredentialKind, Scope, Service
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.forbidden_advice import forbidden_advice
from dockerhub_mcp.hub.methods import (
    ALL_METHODS,
    CreateAccessToken,
    CreateRepository,
    DeleteRepository,
    GetAccessToken,
    GetCurrentUser,
    GetRepository,
    ListAuditLogs,
    ListHardenedImages,
    ListOrganizations,
    ListOrgMembers,
    ListRepositories,
    ListTags,
    SearchRepositories,
    UpdateRepository,
)
from dockerhub_mcp.sandbox import Sandbox
from tests.support.calls import arguments_of

ANONYMOUS = Principal("", CredentialKind.ANONYMOUS)
PASSWORD = Principal("ada", CredentialKind.PASSWORD)
PAT = Principal("ada", CredentialKind.PAT)
OAT = Principal("acme", CredentialKind.OAT)
SCIM = Principal("the organization", CredentialKind.SCIM)
READER = PAT._replace(scopes=("repo:read",))
ADMIN = PAT._replace(scopes=("repo:read", "repo:write", "repo:admin"))
NARROW = OAT._replace(scopes=("scope-image-pull", "scope-tag-read"))
PRINCIPALS = [ANONYMOUS, PASSWORD, PAT, READER, ADMIN, OAT, NARROW, SCIM]
MESSAGES = (
    "",
    "forbidden",
    "permission denied",
    "token issued from personal access token is not allowed",
    "token issued from organization access token is not allowed",
)
PAT_PAGE = "settings/personal-access-tokens"


def calls() -> Iterator[Method[Any]]:
    arguments = arguments_of(Sandbox())
    for method in ALL_METHODS:
        if method.tool_name in arguments:
            yield method.model_validate(arguments[method.tool_name])


def table() -> Iterator[tuple[Method[Any], Principal, str, str]]:
    """Return each method with each account that it may be called with, a message, and the text."""
    for call in calls():
        for principal in PRINCIPALS:
            if (principal is SCIM) != (call.service is Service.SCIM):
                continue
            for message in MESSAGES:
                if "issued from" in message and str(principal.kind) not in message:
                    continue
                for fixed in (False, True):
                    given = principal._replace(fixed_identity=fixed)
                    why, remedy = forbidden_advice(call, given, message)
                    yield call, given, message, f"{why} {remedy}"


def test_each_combination_has_a_reason_and_a_remedy() -> None:
    rows = list(table())
    assert len(rows) > 2_000
    assert {call.area for call, *_ in rows} == set(Area) - {
        Area.IMAGES,
        Area.REVIEWS,
        Area.CLEANUP,
    }  # of workflows
    assert {call.scope for call, *_ in rows} == set(Scope)
    for call, principal, message, text in rows:
        where = (call.tool_name, principal, message, text)
        assert re.fullmatch(r"[A-Za-z].*[.!] [A-Z].*\.", text), where
        assert not re.search(r"\.\.|,,|  | \.|None|''|lacks (?:none|account|organization)\b", text), where
        assert len(text) < 420, where


def test_a_cause_fits_the_kind_of_account() -> None:
    for call, principal, _, text in table():
        why, where = text.partition(".")[0], (call.tool_name, principal, text)
        match principal.kind:
            case CredentialKind.PASSWORD:
                assert "repo:" not in text, where
                assert "token lacks" not in text, where
                assert PAT_PAGE not in text or call.area is Area.ACCESS_TOKENS, where
            case CredentialKind.PAT:
                assert "organization access token" not in why, where
                assert "scope-" not in why, where
            case CredentialKind.OAT:
                assert "repo:" not in text, where
                assert PAT_PAGE not in text, where
                assert "ada" not in text, where
            case CredentialKind.SCIM:
                assert "repo:" not in text, where
                assert "DOCKERHUB_TOKEN" not in text, where
            case _:
                assert why == "This needs an account", where


def test_known_scopes_are_stated_as_facts() -> None:
    for call, principal, _, text in table():
        if principal.scopes and ("lacks " in text or ", and this needs " in text):
            assert "probably" not in text, (call.tool_name, principal, text)
        if not principal.scopes and "lacks " in text:
            assert "probably lacks" in text, (call.tool_name, principal, text)


def test_a_fixed_account_is_not_told_to_sign_in() -> None:
    for call, principal, _, text in table():
        if principal.fixed_identity:
            told = any(
                words in text for words in ("Sign in with", "Sign in as", "Create a token", "Set DOCKERHUB")
            )
            assert not told, (call.tool_name, principal, text)


STOREFRONT = {"namespace": "acme", "repository": "storefront"}
UPDATE = UpdateRepository(**STOREFRONT, description="x")


@pytest.mark.parametrize(
    ("call", "principal", "text"),
    [
        (UPDATE, READER, "The personal access token has repo:read, and this needs repo:write. Create a token with repo:write at https://app.docker.com/settings/personal-access-tokens."),
        (UPDATE, PAT, "The personal access token probably lacks repo:write, or the account has no such right here. Create a token with repo:write at https://app.docker.com/settings/personal-access-tokens, or ask an owner for access."),
        (UPDATE, ADMIN, "The token's scope repo:admin is enough. ada probably may not change acme/storefront. Ask an owner of the namespace for access."),
        (UPDATE, PASSWORD, "ada probably may not change acme/storefront. Ask an owner of the namespace for access."),
        (DeleteRepository(**STOREFRONT), PASSWORD, "ada probably may not administer acme/storefront. Ask an owner of the namespace for access."),
        (CreateRepository(namespace="acme", name="new"), PASSWORD, "ada probably may not create repositories in acme. Ask an owner of the namespace for access."),
        (CreateRepository(namespace="ada", name="new"), PASSWORD, "The namespace is ada's own, so Docker may have restricted the account: an unverified e-mail address, or a limit of its plan. Sign in at https://hub.docker.com to see its state."),
        (DeleteRepository(namespace="library", repository="redis"), ADMIN, "The token's scope repo:admin is enough. library holds the official images, which only Docker changes. Use a namespace of your own."),
        (ListTags(repository="redis"), PASSWORD, "ada probably may not read library/redis. Ask an owner of the namespace for access."),
        (UPDATE, OAT, "The token probably lacks scope-repository-edit, or its resources exclude this. An owner can add the scope and the resource in the organization's settings."),
        (UPDATE, NARROW, "The token lacks scope-repository-edit. An owner can add the scope and the resource in the organization's settings."),
        (ListTags(**STOREFRONT), NARROW, "The token has the scope for this (scope-tag-read), but probably for other resources. An owner can add the resource in the organization's settings."),
        (ListTags(repository="redis"), NARROW, "The token belongs to acme, and this is of library. Use an access token of library, or another account."),
        (ListOrgMembers(org_name="other"), OAT, "The token belongs to acme, and this is of other. Use an access token of other, or another account."),
        (ListOrgMembers(org_name="acme"), PASSWORD, "ada is probably not an owner of the organization. Ask an owner, or use an organization access token with scope-member-read."),
        (ListAuditLogs(account="acme"), PASSWORD, "ada is probably not an owner of the organization, or the organization has no Team or Business plan. Ask an owner, or use an organization access token with scope-activity-read."),
        (ListHardenedImages(organization="acme"), PAT, "ada is probably not a member of the organization, or it has no Docker Hardened Images. List your organizations."),
        (ListHardenedImages(organization="acme"), PASSWORD, "ada is probably not a member of the organization, or it has no Docker Hardened Images. List your organizations."),
        (ListHardenedImages(organization="acme"), OAT, "The token's resources probably exclude this. An owner can add the scope and the resource in the organization's settings."),
        (SearchRepositories.model_validate({"query": "x"}), PAT, "This needs no permission: Docker may have restricted the account or this network. Try again later."),
        (CreateAccessToken(token_label="x", scopes=["repo:read"]), PASSWORD, "An organization of the account may have restricted personal access tokens. Look at https://app.docker.com/settings/personal-access-tokens, or ask an owner of the organization."),
        (GetAccessToken(uuid="x"), OAT, "The Hub accepts no organization access token here, regardless of its scopes. Sign in as a user."),
        (ListOrganizations(), PAT, "The Hub limits personal access tokens to repositories; regardless of their scopes, accounts, organizations and audit logs are out of reach. Sign in with the password."),
        (ListOrganizations(), PASSWORD, "Docker may have restricted the account. Sign in at https://hub.docker.com to see its state."),
        (GetCurrentUser(), PASSWORD, "Docker may have restricted the account. Sign in at https://hub.docker.com to see its state."),
    ],
)  # fmt: skip
def test_the_reason_names_what_is_known(call: Method[Any], principal: Principal, text: str) -> None:
    assert " ".join(forbidden_advice(call, principal, "forbidden")) == text


def test_only_the_account_that_asks_is_told_of_its_own_namespace() -> None:
    for call in (GetRepository(namespace="ADA", repository="x"), ListRepositories(namespace="Ada")):
        why, _ = forbidden_advice(call, PASSWORD, "")
        assert why.startswith("The namespace is ada's own")
