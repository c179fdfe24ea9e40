"""Say which account an entry has if it names none although a token is at hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dockerhub_mcp.hub.auth.credentials import SECRET_VARIABLES, USERNAME_VARIABLES
from dockerhub_mcp.install.entry import TOKEN_VARIABLE
from dockerhub_mcp.install.request import InstallRequest


def find_token_variable(environment: Mapping[str, str]) -> str:
    """Return the variable that has the token in an environment; the usual one if none has it."""
    return _find_set_variable(SECRET_VARIABLES, environment) or TOKEN_VARIABLE


def _find_set_variable(names: tuple[str, ...], environment: Mapping[str, str]) -> str:
    return next((name for name in names if environment.get(name, "").strip()), "")


def describe_missing_account(request: InstallRequest, entry: Mapping[str, Any]) -> list[str]:
    """Say that an entry does not use the token of this environment, and how to give it the token.

    Args:
        request: What the user asked for.
        entry: The entry as it will be in the file.
    """
    host, settings, environment = request.host, request.settings, request.paths.environment
    names = SECRET_VARIABLES + tuple(f"{name}_FILE" for name in SECRET_VARIABLES)
    variable = _find_set_variable(names, environment)
    if not variable or settings.sandbox or _names_account(entry):
        return []
    uses_login = not request.launch_command.image and settings.docker_credentials != "off"
    account = "Docker's login if there is one, and else no account" if uses_login else "no account"
    user = (
        environment.get(_find_set_variable(USERNAME_VARIABLES, environment), "").strip() or "YOUR_DOCKER_ID"
    )
    lines = [
        f"{variable} is set here, but the entry does not name it: without it, the server uses {account}."
    ]
    if variable.endswith("_FILE"):
        return [*lines, f"To use it, add --username {user} --token-file {environment[variable].strip()}"]
    if host.prompts_for_secrets:
        how = f"--username {user}: {host.title} then asks for the token, and stores it"
    elif host.variable_reference or host.forwards_variables:
        how = (
            f"--username {user}: the entry then refers to {variable}, which has to be set in the environment "
            f"that {host.title} starts with"
        )
    else:
        how = f"--username {user} --token-file FILE, where FILE has the token and only you can read it"
    return [*lines, f"To give it the token, add {how}."]


def _names_account(entry: Mapping[str, Any]) -> bool:
    variables = {*entry.get("env", ()), *entry.get("env_vars", ())}
    names = {*SECRET_VARIABLES, *USERNAME_VARIABLES}
    return "envFile" in entry or any(name.removesuffix("_FILE") in names for name in variables)
