"""Read a secret that is given in a file or in a variable."""

from __future__ import annotations

from collections.abc import Mapping

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.hub.auth.credentials import expand_home
from dockerhub_mcp.hub.files import describe_read_error, read_file


def read_secret_value(
    flag: str, path: str, variable: str, environment: Mapping[str, str], *, remedy: str
) -> str:
    """Return a secret, without surrounding space; empty if neither the file nor the variable is given.

    Args:
        flag: The option that names the file.
        path: The path of the file; empty for none.
        variable: The variable that holds the secret instead.
        environment: The variables.
        remedy: What to do about an empty file.

    Raises:
        SettingsError: The file cannot be read or is empty, or both are given. Its text contains no
            secret.
    """
    value = environment.get(variable, "").strip()
    if not path:
        return value
    if value:
        msg = f"{flag} and {variable} are both set; keep one"
        raise SettingsError(msg)
    try:
        value = read_file(expand_home(path)).decode().strip()
    except (OSError, ValueError) as error:
        msg = (
            f"{flag} names {path}, which cannot be read: {describe_read_error(error)}; check "
            "the path and its permissions"
        )
        raise SettingsError(msg) from None
    if not value:
        msg = f"{flag} names {path}, which is empty; {remedy}"
        raise SettingsError(msg)
    return value
