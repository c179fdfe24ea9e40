"""Check settings before anything is built from them: against one another and against the environment.

The command line, the server and the doctor share these checks. They read the files that settings name, but
create nothing and connect to nothing. For a server on stdio they need the standard library alone, because
hosts wait for its first response.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dockerhub_mcp.bootstrap.registry_settings import check_registry, find_registry_address
from dockerhub_mcp.bootstrap.variables import check_variables
from dockerhub_mcp.config import (
    HTTP_SETTINGS,
    Problem,
    Settings,
    SettingsError,
    flag_for,
    parse_settings,
)
from dockerhub_mcp.hub.auth.credentials import (
    expand_home,
    explain_unnamed_secret,
    find_credentials,
    find_scim_token,
    find_unnamed_secret,
)
from dockerhub_mcp.hub.auth.secret_sources import FileSecret
from dockerhub_mcp.hub.errors import ConnectionFailed, HubError
from dockerhub_mcp.hub.transport.certificates import find_tls_file_problem, find_tls_import_problem
from dockerhub_mcp.hub.transport.proxies import find_proxy
from dockerhub_mcp.hub.transport.urls import validate_base_url
from dockerhub_mcp.tools.access import Access, resolve_tool_name

_CONNECTION_SETTINGS = ("api_url", "registry_url", "registry_auth_url", "username", "token_file")
"""The settings that name a Hub, a registry or an account, which the embedded Hub has of its own."""

Check = Callable[[Settings, Mapping[str, str]], Iterable[Problem]]


def validate(settings: Settings, environment: Mapping[str, str]) -> list[Problem]:
    """Return everything that is wrong with the settings of a server, those of HTTP first."""
    problems: list[Problem] = []
    if settings.transport != "stdio":
        from dockerhub_mcp.bootstrap.http_settings import check_http  # noqa: PLC0415 - loads the HTTP stack

        has_credentials = _has_credentials(settings, environment)
        problems += check_http(settings, environment, has_credentials=has_credentials)
    for check in (check_tools, check_mutations, check_hub):
        problems += check(settings, environment)
    return [*problems, *check_variables(environment)]


def read_settings(
    options: Mapping[str, Any], environment: Mapping[str, str]
) -> tuple[Settings, list[Problem]]:
    """Parse settings and check that they suit the transport.

    Returns:
        Settings without the values that cannot be used, and a problem for each of those.
    """
    settings, problems = parse_settings(options, environment)
    problems += [*_check_transport(settings, options), *_check_sandbox(settings, options)]
    if settings.transport == "stdio" and settings.identity == "request":
        settings = replace(settings, identity="server")
    return settings, problems


def load_valid_settings(
    options: Mapping[str, Any], environment: Mapping[str, str], *checks: Check
) -> Settings:
    """Return settings that can be parsed, suit the transport and pass the checks.

    Raises:
        SettingsError: One message for each fatal problem.
    """
    settings, problems = read_settings(options, environment)
    for check in checks:
        problems += check(settings, environment)
    raise_fatal(problems)
    return settings


def raise_fatal(problems: Iterable[Problem]) -> None:
    """Raise the fatal ones among problems.

    Raises:
        SettingsError: There are any.
    """
    messages = dict.fromkeys(str(problem) for problem in problems if problem.is_fatal)
    if messages:
        raise SettingsError(*messages)


def _check_transport(settings: Settings, options: Collection[str]) -> Iterator[Problem]:
    """Report options that matter over HTTP only; their variables may stay set for another server."""
    if settings.transport != "stdio":
        return
    names = [name for name in options if name in HTTP_SETTINGS]
    if settings.identity == "request" and "identity" not in names:
        names.append("identity")
    for name in names:
        flag = flag_for(name)
        yield Problem(
            flag,
            f"{flag} is for --transport http or sse",
            "over stdio there is one client",
            is_usage_error=name in options,
        )


def _check_sandbox(settings: Settings, options: Collection[str]) -> Iterator[Problem]:
    """Report options that the embedded Hub leaves without effect; their variables may stay set."""
    for name in _CONNECTION_SETTINGS if settings.sandbox else ():
        if name in options:
            flag = flag_for(name)
            why = f"{flag} has no effect with --sandbox, which uses the embedded Hub and its registry"
            yield Problem(flag, why, "leave one of the two out", is_usage_error=True)


def check_tools(settings: Settings, environment: Mapping[str, str] | None = None) -> Iterator[Problem]:  # noqa: ARG001 - every check takes it
    """Check that the named tools and toolsets exist, and that the named tools can be enabled."""
    if not (settings.toolsets or settings.tools or settings.exclude_tools):
        return
    # Few settings name tools, and hosts wait for each module that is loaded.
    from dockerhub_mcp.tools.catalog.filter_types import get_filter_type  # noqa: PLC0415
    from dockerhub_mcp.tools.catalog.tool_lists import list_tool_infos  # noqa: PLC0415
    from dockerhub_mcp.tools.suggestions import did_you_mean, suggest_toolsets  # noqa: PLC0415
    from dockerhub_mcp.tools.toolsets import TOOLSET_NAMES  # noqa: PLC0415

    tools = {tool.name: tool for tool in list_tool_infos(settings.names)}
    for name in settings.toolsets:
        if name not in TOOLSET_NAMES:
            yield Problem("--toolsets", f"--toolsets: {name!r} does not exist{suggest_toolsets(name)}")
    for flag, names in (("--tools", settings.tools), ("--exclude-tools", settings.exclude_tools)):
        for name in names:
            if resolve_tool_name(name) not in tools:
                yield Problem(flag, f"{flag}: {name!r} does not exist{did_you_mean(name, list(tools))}")
    tool_filter = get_filter_type(settings.names)(
        Access(settings.access), settings.toolsets, settings.tools, settings.exclude_tools
    )
    for name in map(resolve_tool_name, settings.tools):
        if name not in tools or name in tool_filter.exclude_tools:
            continue
        if reason := tool_filter.disabled_reason(tools[name]):
            yield Problem("--tools", f"--tools: {name} is named but disabled: {reason}")


def check_mutations(settings: Settings, environment: Mapping[str, str] | None = None) -> Iterator[Problem]:  # noqa: ARG001
    """Check that secrets, plans and audit log entries can be written where the settings say."""
    if settings.secrets_dir:
        directory = expand_home(settings.secrets_dir).resolve()
        if not directory.is_dir():
            yield Problem(
                "--secrets-dir",
                f"--secrets-dir names {directory}, which is not a directory",
                "create it first, for its owner only",
            )
    if settings.plans_dir:
        yield from _check_plans_dir(settings)
    if settings.audit_log:
        yield from _check_audit_log(settings)
    if settings.logs_dir:
        from dockerhub_mcp.bootstrap.logs_directory import check_logs_dir  # noqa: PLC0415 - few servers need it

        yield from check_logs_dir(settings)


def _check_plans_dir(settings: Settings) -> Iterator[Problem]:
    from dockerhub_mcp.tools.cleanup.plan_files import find_directory_problem  # noqa: PLC0415 - few servers need it

    if reason := find_directory_problem(resolve_plans_dir(settings)):
        yield Problem(
            "--plans-dir",
            f"--plans-dir names {settings.plans_dir}, which cannot be used: {reason}",
            "it is created for its owner only if it does not exist; else run chmod 700 on it",
        )


def resolve_plans_dir(settings: Settings) -> Path:
    """Return the absolute path of the directory of plans; links are followed in its parent only."""
    path = expand_home(settings.plans_dir)
    return path.parent.resolve() / path.name


def _check_audit_log(settings: Settings) -> Iterator[Problem]:
    from dockerhub_mcp.tools.mutations.audit_file import find_exposed_mode, find_unusable_reason  # noqa: PLC0415 - few servers need it

    path = resolve_audit_log(settings)
    if reason := find_unusable_reason(path):
        yield Problem(
            "--audit-log", f"--audit-log names {settings.audit_log}, which cannot be written: {reason}"
        )
    elif mode := find_exposed_mode(path):
        yield Problem(
            "--audit-log",
            f"--audit-log names {settings.audit_log}, which others than its owner can open (mode {mode})",
            "run chmod 600 on it unless that is intended",
            is_fatal=False,
        )


def resolve_audit_log(settings: Settings) -> Path:
    """Return the absolute path of the audit log; links are followed in its directory only."""
    path = expand_home(settings.audit_log)
    return path.parent.resolve() / path.name


def build_credential_environment(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with `--username` and `--token-file` in place of the variables they override."""
    merged = dict(environment)
    if settings.username:
        merged.pop("DOCKERHUB_USERNAME_FILE", None)
        merged["DOCKERHUB_USERNAME"] = settings.username
    if settings.token_file:
        merged.pop("DOCKERHUB_TOKEN", None)
        merged["DOCKERHUB_TOKEN_FILE"] = settings.token_file
    return merged


def check_hub(settings: Settings, environment: Mapping[str, str]) -> Iterator[Problem]:
    """Check the Hub's address and the variables that hold credentials, or the sandbox's identity."""
    yield from check_connection_variables(settings, environment)
    if settings.sandbox:
        yield from _check_sandbox_identity(settings.sandbox_identity)
        return
    variables = build_credential_environment(settings, environment)
    for source, check in (
        ("DOCKERHUB_TOKEN", lambda: _check_credentials(variables)),
        ("DOCKERHUB_SCIM_TOKEN", lambda: _check_scim_token(variables)),
        ("DOCKERHUB_API_URL", lambda: validate_base_url(settings.api_url)),
    ):
        try:
            check()
        except HubError as error:
            yield Problem(source, _name_options(settings, str(error)))
    yield from _check_unnamed_secret(variables)
    yield from check_registry(settings)


def check_connection_variables(settings: Settings, environment: Mapping[str, str]) -> Iterator[Problem]:
    """Check the variables that name the proxy and the certificates of https requests, and the key log."""
    hub_url = "" if settings.sandbox else settings.api_url.strip()
    registry = None if settings.sandbox else find_registry_address(settings)
    registry_url = "" if registry is None else registry.url
    urls = [hub_url, registry_url, settings.oauth_issuer.strip(), settings.oauth_jwks_url.strip()]
    https_urls = [url for url in urls if url.startswith("https:")]
    for url in https_urls:
        try:
            find_proxy(url, environment)
        except ConnectionFailed as error:
            yield Problem(error.what.partition(" ")[0], str(error))
            break
        except ValueError:  # of the URL, which is reported by itself
            return
    if https_urls:
        problem = find_tls_file_problem(environment)
    else:
        problem = find_tls_import_problem(environment) if hub_url else None
    if problem:
        yield Problem(problem.variable, f"{problem.summary}. {problem.remedy}")


def _check_credentials(variables: Mapping[str, str]) -> None:
    if credentials := find_credentials(variables):
        credentials.check_content()


def _check_unnamed_secret(variables: Mapping[str, str]) -> Iterator[Problem]:
    """Warn of a secret that is not used; the server logs it when it starts."""
    try:
        variable = find_unnamed_secret(variables)
    except HubError:  # reported by itself
        return
    if variable:
        yield Problem(variable, str(explain_unnamed_secret(variable)), is_fatal=False)


def _check_scim_token(variables: Mapping[str, str]) -> None:
    token = find_scim_token(variables)
    if isinstance(token, FileSecret):
        token.check_content()


def _name_options(settings: Settings, message: str) -> str:
    """Return a message with the options that were given in place of the variables they override."""
    if settings.username:
        message = message.replace("DOCKERHUB_USERNAME", "--username")
    return message.replace("DOCKERHUB_TOKEN_FILE", "--token-file") if settings.token_file else message


def _has_credentials(settings: Settings, environment: Mapping[str, str]) -> bool:
    if settings.sandbox:
        return False
    try:
        return find_credentials(build_credential_environment(settings, environment)) is not None
    except HubError:  # reported by `check_hub`
        return False


def _check_sandbox_identity(name: str) -> Iterator[Problem]:
    if name in {Settings().sandbox_identity, "anonymous"}:
        return
    from dockerhub_mcp.sandbox.data.identities import IDENTITIES  # noqa: PLC0415 - loads the sandbox

    if name not in IDENTITIES:
        yield Problem(
            "--sandbox-identity", f"--sandbox-identity must be anonymous or one of {', '.join(IDENTITIES)}"
        )
