"""Apply the options that name an account to the environment that credentials are found in."""

from __future__ import annotations

from collections.abc import Mapping

from dockerhub_mcp.config import Settings


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
