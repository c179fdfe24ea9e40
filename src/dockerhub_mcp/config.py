"""Settings: the command line over the environment over the defaults. No other room reads the environment."""

from __future__ import annotations

import argparse
import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LOG_LEVELS = ("debug", "info", "warning", "error")
ACCESS = ("read", "write", "admin")


class SettingsError(Exception):
    """An option or variable that cannot be used; the message names it."""


def _option(default: Any, text: str, **more: Any) -> Any:
    """Declare an option; `env` names its variable where that is not DOCKERHUB_MCP_<OPTION>."""
    return field(default=default, metadata={"help": text, **more})


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Everything that a person can choose."""

    sandbox: bool = _option(
        default=False, text="answer from an embedded Hub with sample data; no account, no network"
    )
    sandbox_identity: str = _option(
        "owner", "whom to be on the embedded Hub; `anonymous` for nobody", metavar="NAME"
    )
    access: str = _option("read", "what tools may do: read, write or admin", choices=ACCESS)
    toolsets: tuple[str, ...] = _option(
        (), "areas of tools, comma-separated: default, all, or names such as tags,members", metavar="A,B"
    )
    tools: tuple[str, ...] = _option((), "only these tools, comma-separated", metavar="A,B")
    exclude_tools: tuple[str, ...] = _option((), "not these tools, comma-separated", metavar="A,B")
    confirm: str = _option(
        "ask", "ask the person before something is lost, or never", choices=("ask", "never")
    )
    secrets_dir: str = _option("", "directory for new tokens, one file of mode 0600 each", metavar="DIR")
    audit_log: str = _option("", "file that gets one JSON line for each write", metavar="FILE")
    username: str = _option(
        "", "Docker ID, or an organization's name for its access token [DOCKERHUB_USERNAME]", env=""
    )
    token_file: str = _option(
        "",
        "file with the token or password, read again when it changes [DOCKERHUB_TOKEN_FILE]",
        env="",
        metavar="FILE",
    )
    api_url: str = _option(
        "https://hub.docker.com", "address of the Hub", env="DOCKERHUB_API_URL", metavar="URL"
    )
    timeout: float = _option(
        30.0, "seconds that one request may take, its repeats included", low=0.1, high=600
    )
    walk_timeout: float = _option(
        120.0, "seconds after which a walk over pages returns what it has", low=0.1, high=3600
    )
    max_concurrency: int = _option(16, "requests to the Hub at once", low=1, high=256)
    log_level: str = _option("info", "how much to log", choices=LOG_LEVELS)
    log_format: str = _option("text", "how log lines look", choices=("text", "json"))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add an option for every setting; what is not given stays out of the result."""
    for setting in dataclasses.fields(Settings):
        data = setting.metadata
        flag = "--" + setting.name.replace("_", "-")
        variable = variable_of(setting)
        text = data["help"] + (f" [{variable}]" if variable else "")
        if isinstance(setting.default, bool):
            parser.add_argument(
                flag, action=argparse.BooleanOptionalAction, default=argparse.SUPPRESS, help=text
            )
        else:
            metavar = data.get("metavar", None if "choices" in data else setting.name.upper())
            parser.add_argument(
                flag, default=argparse.SUPPRESS, metavar=metavar, choices=data.get("choices"), help=text
            )


def variable_of(setting: dataclasses.Field[Any]) -> str:
    """Return the environment variable of a setting, or an empty string."""
    return str(setting.metadata.get("env", f"DOCKERHUB_MCP_{setting.name.upper()}"))


def load(options: Mapping[str, Any], environment: Mapping[str, str]) -> Settings:
    """Make the settings of options that were given and the environment.

    Raises:
        SettingsError: A value does not fit; the message says which and what fits.
    """
    values: dict[str, Any] = {}
    for setting in dataclasses.fields(Settings):
        variable = variable_of(setting)
        if setting.name in options:
            values[setting.name] = _read(
                setting, options[setting.name], "--" + setting.name.replace("_", "-")
            )
        elif variable and environment.get(variable, "").strip():
            values[setting.name] = _read(setting, environment[variable].strip(), variable)
    return Settings(**values)


def environment() -> dict[str, str]:
    """Return the environment of this process."""
    return dict(os.environ)


def credential_environment(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that credentials are found in, with the options of the command line over them."""
    merged = dict(environment)
    if settings.username:
        merged.pop("DOCKERHUB_USERNAME_FILE", None)
        merged["DOCKERHUB_USERNAME"] = settings.username
    if settings.token_file:
        merged.pop("DOCKERHUB_TOKEN", None)
        merged["DOCKERHUB_TOKEN_FILE"] = settings.token_file
    return merged


def _read(setting: dataclasses.Field[Any], value: Any, source: str) -> Any:
    data, default = setting.metadata, setting.default
    if isinstance(default, bool):
        return value if isinstance(value, bool) else _truth(value, source)
    if isinstance(default, tuple):
        names = tuple(part for part in str(value).replace(" ", "").split(",") if part)
        if not names:
            msg = f"{source} names nothing; leave it out to set no limit"
            raise SettingsError(msg)
        return names
    if isinstance(default, int | float):
        return _number(type(default), value, source, data["low"], data["high"])
    if "choices" in data and str(value).lower() not in data["choices"]:
        msg = f"{source} must be one of {', '.join(data['choices'])}, not {value!r}"
        raise SettingsError(msg)
    return str(value).lower() if "choices" in data else str(value)


def _truth(value: str, source: str) -> bool:
    if value.lower() in {"1", "true", "yes", "on"}:
        return True
    if value.lower() in {"0", "false", "no", "off"}:
        return False
    msg = f"{source} must be true or false, not {value!r}"
    raise SettingsError(msg)


def _number(kind: type, value: Any, source: str, low: float, high: float) -> Any:
    try:
        number = kind(value)
    except ValueError:
        number = None
    if number is None or not low <= number <= high:
        msg = f"{source} must be a number from {low:g} to {high:g}, not {value!r}"
        raise SettingsError(msg)
    return number
