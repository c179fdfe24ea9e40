"""The checks on the account: its sign-in, whether it sees the repository, and whether it may pull."""

from __future__ import annotations

from dockerhub_mcp.hub import CredentialKind, HubError
from dockerhub_mcp.hub.api.enums import Scope
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.error_advice import PAT_SETTINGS_URL
from dockerhub_mcp.hub.errors import (
    CredentialError,
    Forbidden,
    NotFound,
    SecondFactorRequired,
    SignInError,
    SignInLocked,
    SignInRefused,
    SignInUnavailable,
    Unauthorized,
)
from dockerhub_mcp.hub.quoting import list_names, quote_name
from dockerhub_mcp.tools.access_report.account import (
    describe_principal,
    describe_sign_in_problem,
)
from dockerhub_mcp.tools.pull_report.evidence import PullEvidence
from dockerhub_mcp.tools.pull_report.near_names import OWNER
from dockerhub_mcp.tools.pull_report.result import PullCheck, ok, problem, unknown
from dockerhub_mcp.tools.results.sanitize import error_text

_PRIVATE_SCOPES = {Scope.REPO_READ, Scope.REPO_WRITE, Scope.REPO_ADMIN}
_AS_ANONYMOUS = "The rest is checked as an anonymous caller."
ACCOUNT, REPOSITORY, PERMISSION = "account", "repository", "permission"


def check_account(evidence: PullEvidence) -> PullCheck:
    """Check that the configured credentials are accepted, by the Hub and by the registry."""
    account, error = evidence.account, evidence.account.error
    if error is not None:
        check = _explain_failed_sign_in(evidence, error)
        return check.model_copy(update={"finding": f"{check.finding} {_AS_ANONYMOUS}"})
    if isinstance(evidence.repository, Unauthorized):
        return unknown(ACCOUNT, f"{evidence.repository.what} {evidence.repository.why}".strip())
    refusal = evidence.registry and evidence.registry.head
    if isinstance(refusal, SignInLocked):
        return unknown(ACCOUNT, f"{refusal.what} {refusal.why}".strip(), refusal.remedy)
    if isinstance(refusal, SignInError) and not isinstance(refusal, SignInUnavailable):
        return problem(ACCOUNT, f"{refusal.what} {refusal.why}".strip(), refusal.remedy)
    return ok(ACCOUNT, describe_principal(account.principal))


def _explain_failed_sign_in(evidence: PullEvidence, error: HubError) -> PullCheck:
    """Return the check of an account that could not sign in; only a refusal says something about pulls."""
    if isinstance(error, SecondFactorRequired):
        # docker login refuses the password, so that Docker pulls anonymously: enough for public images.
        make = problem if isinstance(evidence.repository, NotFound) else unknown
        remedy = "docker login takes no password of such an account: give it a personal access token."
        return make(ACCOUNT, error.what, remedy)
    if isinstance(error, SignInRefused) and not isinstance(error, SignInLocked):
        remedy = f"With these credentials docker pull fails too, even of public images. {error.remedy}"
        return problem(ACCOUNT, f"{error.what} {error.why}".strip(), remedy)
    if isinstance(error, CredentialError):
        return unknown(ACCOUNT, describe_sign_in_problem(evidence.account))
    return unknown(ACCOUNT, error.what, error.remedy)


def check_repository(evidence: PullEvidence) -> PullCheck:
    """Check that the repository exists and is visible to the account."""
    target, found = evidence.target, evidence.repository
    name, principal = quote_name(target.full_name), evidence.account.principal
    if not isinstance(found, HubError):
        return ok(REPOSITORY, f"{name} exists and is {'private' if found.is_private else 'public'}")
    if evidence.head is not None:
        return ok(REPOSITORY, f"the registry has {name}, although the Hub's API does not show it")
    if isinstance(found, Unauthorized):
        return unknown(REPOSITORY, f"an anonymous caller does not see {name}")
    if not isinstance(found, NotFound):
        return unknown(REPOSITORY, found.what, f"{found.why} {found.remedy}".strip())
    if target.is_official:
        finding = f"There is no official image {quote_name(target.repository)}: other names need a namespace."
    elif _sees_all(evidence):
        finding = f"There is no repository {name}: {principal} sees every repository of the namespace."
    else:
        finding = f"No repository {name} is visible to {principal}: it is missing, or private."
    return problem(REPOSITORY, finding, " ".join(_advise_missing(evidence, principal)))


def _advise_missing(evidence: PullEvidence, principal: Principal) -> list[str]:
    near, namespace = evidence.near, evidence.target.namespace
    advice = [f"Did you mean {list_names(near.likely)}?"] if near.likely else []
    if not evidence.target.is_official and not _sees_all(evidence):
        advice.append(f"If it is private: {_advise_private(namespace, principal)}")
    if near.others:
        advice.append(f"Public, but of other publishers: {list_names(near.others)}.")
    return advice or ["Check the spelling, and the namespace in front of the name."]


def _sees_all(evidence: PullEvidence) -> bool:
    """Tell whether the account sees every repository of the namespace, so that this one is not private."""
    principal = evidence.account.principal
    if principal.kind is CredentialKind.PAT and not set(principal.scopes) & _PRIVATE_SCOPES:
        return False
    return evidence.role == OWNER and principal.kind is not CredentialKind.OAT


def check_permission(evidence: PullEvidence) -> PullCheck | None:
    """Check that the account may pull; None for a public repository, which everyone may pull."""
    found, principal = evidence.repository, evidence.account.principal
    if isinstance(found, Forbidden):
        return problem(PERMISSION, f"{found.what} {found.why}".strip(), found.remedy)
    if isinstance(found, HubError) or not found.is_private:
        return None
    if evidence.head is not None:
        return ok(PERMISSION, "the registry lets the account pull")
    if evidence.is_pull_granted is False:
        finding = f"The repository is private, and the registry grants no pull to {principal}."
        return problem(PERMISSION, finding, _advise_permission(evidence))
    if evidence.is_pull_granted:
        return ok(PERMISSION, "the registry grants pulls")
    if found.permissions is not None and found.permissions.read is False:
        finding = f"The repository is private, and {principal} may not read it."
        return problem(PERMISSION, finding, _advise_permission(evidence))
    actions = evidence.registry and evidence.registry.actions
    reason = f": {error_text(actions)}" if isinstance(actions, HubError) else ""
    finding = f"the Hub shows the private repository; whether the registry grants pulls is not known{reason}"
    return unknown(PERMISSION, finding)


def _advise_permission(evidence: PullEvidence) -> str:
    advice = _advise_private(evidence.target.namespace, evidence.account.principal)
    return f"{advice[:1].upper()}{advice[1:]}"


def _advise_private(namespace: str, principal: Principal) -> str:
    """Return what an account needs to pull a private image of a namespace."""
    owner = quote_name(namespace)
    if principal.is_anonymous:
        return "pull with an account that may read it (docker login)."
    if principal.kind is CredentialKind.OAT:
        if principal.username.lower() != namespace.lower():
            return f"the token acts for {principal.username} only; use an account with access to {owner}."
        return f"an owner of {owner} can give the token scope-image-pull on it."
    if principal.kind is CredentialKind.PAT and set(principal.scopes) == {Scope.REPO_PUBLIC_READ}:
        return (
            f"the token's scope {Scope.REPO_PUBLIC_READ} covers public images only; create one with "
            f"{Scope.REPO_READ} at {PAT_SETTINGS_URL}."
        )
    return f"ask an owner of {owner} for read access for {principal.username}."
