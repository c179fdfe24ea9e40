"""Settings: the command line over the environment over the defaults. No other room reads the environment."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

LOG_LEVELS = ("debug", "info", "warning", "error")
ACCESS_LEVELS = ("read", "write", "admin")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with the settings.

    Attributes:
        setting: The option or environment variable at fault, as it is written.
        message: What is wrong, in one line.
        remedy: What to do about it; empty if the message already says so.
        is_fatal: Whether the server refuses to start.
        is_usage_error: Whether the command line is wrong by itself, whatever the environment holds.
    """

    setting: str
    message: str
    remedy: str = ""
    is_fatal: bool = True
    is_usage_error: bool = False

    def __str__(self) -> str:
        return f"{self.message}; {self.remedy}" if self.remedy else self.message


class SettingsError(Exception):
    """Settings that cannot be used; each message is one line and names the option or variable."""

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = messages

    def __str__(self) -> str:
        return "\n".join(self.messages)


def _declare_setting(default: Any, help_text: str, **metadata: Any) -> Any:
    """Declare an option; `env` names its variable where that is not DOCKERHUB_MCP_<OPTION>."""
    return field(default=default, metadata={"help": help_text, **metadata})


def _declare_http_setting(default: Any, help_text: str, **metadata: Any) -> Any:
    """Declare an option that matters over the network only."""
    return _declare_setting(default, help_text, web=True, **metadata)


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Everything that a person can choose."""

    sandbox: bool = _declare_setting(
        default=False, help_text="answer from an embedded Hub with sample data; no account, no network"
    )
    sandbox_identity: str = _declare_setting(
        "owner", "whom to be on the embedded Hub; `anonymous` for nobody", metavar="NAME"
    )
    access: str = _declare_setting("read", "what tools may do: read, write or admin", choices=ACCESS_LEVELS)
    toolsets: tuple[str, ...] = _declare_setting(
        (), "areas of tools, comma-separated: default, all, or names such as tags,members", metavar="A,B"
    )
    tools: tuple[str, ...] = _declare_setting((), "only these tools, comma-separated", metavar="A,B")
    exclude_tools: tuple[str, ...] = _declare_setting((), "not these tools, comma-separated", metavar="A,B")
    confirm: str = _declare_setting(
        "ask", "ask the person before something is lost, or never", choices=("ask", "never")
    )
    secrets_dir: str = _declare_setting(
        "", "directory for new tokens, one file of mode 0600 each", metavar="DIR"
    )
    audit_log: str = _declare_setting("", "file that gets one JSON line for each write", metavar="FILE")
    username: str = _declare_setting(
        "", "Docker ID, or an organization's name for its access token [DOCKERHUB_USERNAME]", env=""
    )
    token_file: str = _declare_setting(
        "",
        "file with the token or password, read again when it changes [DOCKERHUB_TOKEN_FILE]",
        env="",
        metavar="FILE",
    )
    docker_credentials: bool = _declare_setting(
        default=True,
        help_text="where no account is named, use the one that `docker login` left on this machine; over stdio, "
        "and for Docker's own Hub only",
    )
    api_url: str = _declare_setting(
        "https://hub.docker.com", "address of the Hub", env="DOCKERHUB_API_URL", metavar="URL"
    )
    timeout: float = _declare_setting(
        30.0, "seconds that one request may take, its repeats included", low=0.1, high=600
    )
    walk_timeout: float = _declare_setting(
        120.0, "seconds after which a walk over pages returns what it has", low=0.1, high=3600
    )
    max_concurrency: int = _declare_setting(16, "requests to the Hub at once", low=1, high=256)
    transport: str = _declare_setting(
        "stdio",
        "stdio, http (streamable HTTP, and the older SSE beside it) or sse (that alone)",
        choices=("stdio", "http", "sse"),
    )
    host: str = _declare_http_setting("127.0.0.1", "address to listen on")
    port: int = _declare_http_setting(8000, "port to listen on; 0 for a free one", low=0, high=65_535)
    path: str = _declare_http_setting("/mcp", "path of streamable HTTP")
    sessions: bool = _declare_http_setting(
        default=False,
        help_text="keep a session for each client of protocol 2025-11-25 and before, so that its person can be "
        "asked; each client must then reach the same process",
    )
    allowed_hosts: tuple[str, ...] = _declare_http_setting(
        (), "names that clients reach the server by, beside localhost, comma-separated", metavar="A,B"
    )
    allowed_origins: tuple[str, ...] = _declare_http_setting(
        (), "web pages that may call, such as https://app.example.com, comma-separated", metavar="A,B"
    )
    auth_tokens_file: str = _declare_http_setting(
        "", "TOML file with the tokens of those who may call", metavar="FILE"
    )
    oauth_issuer: str = _declare_http_setting(
        "", "authorization server whose tokens are accepted", metavar="URL"
    )
    oauth_audience: tuple[str, ...] = _declare_http_setting(
        (), "audiences that its tokens must be for; the public URL by default", metavar="A,B"
    )
    oauth_jwks_url: str = _declare_http_setting(
        "", "where its keys are; by default it is asked", metavar="URL"
    )
    oauth_scopes: tuple[str, ...] = _declare_http_setting(
        ("read=dockerhub:read", "write=dockerhub:write", "admin=dockerhub:admin"),
        "the scope that each level of access needs",
        metavar="A,B",
    )
    public_url: str = _declare_http_setting(
        "", "address of the MCP endpoint as clients know it", metavar="URL"
    )
    identity: str = _declare_http_setting(
        "server",
        "whose Docker account calls use: the server's, or one that each request brings",
        choices=("server", "request"),
    )
    max_identities: int = _declare_http_setting(
        1000, "accounts of requests kept at once", low=1, high=100_000
    )
    tls_cert: str = _declare_http_setting("", "certificate chain, PEM", metavar="FILE")
    tls_key: str = _declare_http_setting("", "its key, PEM", metavar="FILE")
    forwarded_allow_ips: tuple[str, ...] = _declare_http_setting(
        (), "proxies whose X-Forwarded-For and -Proto count, comma-separated", metavar="A,B"
    )
    state_key_file: str = _declare_http_setting(
        "", "file with 32 bytes or more that replicas share to seal questions", metavar="FILE"
    )
    max_calls: int = _declare_http_setting(256, "calls at once; further ones get 503", low=1, high=10_000)
    max_calls_per_caller: int = _declare_http_setting(
        128, "calls of one caller at once; further get 429", low=1, high=10_000
    )
    max_sessions: int = _declare_http_setting(1000, "sessions and SSE streams at once", low=1, high=100_000)
    session_timeout: float = _declare_http_setting(
        1800.0, "seconds after which a quiet session ends", low=1, high=86_400
    )
    drain_delay: float = _declare_http_setting(
        0.0,
        "seconds after SIGTERM during which new calls are still served while /readyz answers 503",
        low=0,
        high=600,
    )
    grace: float = _declare_http_setting(
        30.0, "seconds for calls under way to finish once no new ones are accepted", low=0, high=600
    )
    results: str = _declare_setting(
        "text",
        "results as text alone, or both as text and as data with output schemas, for programs",
        choices=("text", "both"),
    )
    max_result_bytes: int = _declare_setting(
        32_768,
        "bytes of text that a result may have; lists are cut at an item; over HTTP many clients take no more "
        "than a MiB with the data",
        low=1024,
        high=10_000_000,
    )
    cache_ttl: float = _declare_setting(
        30.0, "seconds that the result of a read is kept and shared; 0 for not at all", low=0, high=3600
    )
    metrics: bool = _declare_http_setting(
        default=False, help_text="serve numbers for Prometheus at /metrics, to this machine or for a token"
    )
    metrics_token_file: str = _declare_http_setting(
        "", "file with the bearer token that /metrics wants [DOCKERHUB_MCP_METRICS_TOKEN]", metavar="FILE"
    )
    log_level: str = _declare_setting("info", "how much to log", choices=LOG_LEVELS)
    log_format: str = _declare_setting("text", "how log lines look", choices=("text", "json"))


REMOVED_SETTINGS = {
    "workers": "run several replicas behind a reverse proxy instead (docs/http.md, section Scaling)",
}
"""Settings of earlier versions, and what replaces each."""

HTTP_SETTINGS = frozenset(
    setting.name for setting in dataclasses.fields(Settings) if "web" in setting.metadata
)
"""The settings that mean nothing over stdio."""


def env_var_for(setting: dataclasses.Field[Any]) -> str:
    """Return the environment variable of a setting, or an empty string."""
    return str(setting.metadata.get("env", f"DOCKERHUB_MCP_{setting.name.upper()}"))


def parse_settings(
    options: Mapping[str, Any], environment: Mapping[str, str]
) -> tuple[Settings, list[Problem]]:
    """Parse the options given on the command line and the environment, each value by itself.

    Returns:
        The settings, with the default for each value that cannot be parsed, and a problem for each of those.
    """
    values: dict[str, Any] = {}
    problems = list(_find_removed_settings(options, environment))
    for setting in dataclasses.fields(Settings):
        variable = env_var_for(setting)
        if is_option := setting.name in options:
            source, value = flag_for(setting.name), options[setting.name]
        elif variable and environment.get(variable, "").strip():
            source, value = variable, environment[variable].strip()
        else:
            continue
        try:
            values[setting.name] = _parse_value(setting, value, source)
        except ValueError as error:
            problems.append(Problem(source, str(error), is_usage_error=is_option))
    return Settings(**values), problems


def load_settings(options: Mapping[str, Any], environment: Mapping[str, str]) -> Settings:
    """Return the settings of options given on the command line and the environment.

    Raises:
        SettingsError: Values cannot be parsed. Whether they fit together is for `bootstrap.validate`.
    """
    settings, problems = parse_settings(options, environment)
    if problems:
        raise SettingsError(*map(str, problems))
    return settings


def _find_removed_settings(options: Mapping[str, Any], environment: Mapping[str, str]) -> Iterator[Problem]:
    for name, replacement in REMOVED_SETTINGS.items():
        variable = f"DOCKERHUB_MCP_{name.upper()}"
        is_option = name in options
        if is_option or environment.get(variable, "").strip():
            source = flag_for(name) if is_option else variable
            yield Problem(source, f"{source} was removed: {replacement}", is_usage_error=is_option)


def flag_for(name: str) -> str:
    """Return the option of a setting as a person writes it."""
    return "--" + name.replace("_", "-")


def read_environment() -> dict[str, str]:
    """Return the environment of this process."""
    return dict(os.environ)


def build_credential_environment(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that credentials are found in, with the options of the command line over them."""
    merged = dict(environment)
    if settings.username:
        merged.pop("DOCKERHUB_USERNAME_FILE", None)
        merged["DOCKERHUB_USERNAME"] = settings.username
    if settings.token_file:
        merged.pop("DOCKERHUB_TOKEN", None)
        merged["DOCKERHUB_TOKEN_FILE"] = settings.token_file
    return merged


def _parse_value(setting: dataclasses.Field[Any], value: Any, source: str) -> Any:
    data, default = setting.metadata, setting.default
    if isinstance(default, bool):
        return value if isinstance(value, bool) else _parse_bool(value, source)
    if isinstance(default, tuple):
        names = tuple(part for part in str(value).replace(" ", "").split(",") if part)
        if not names:
            msg = f"{source} names nothing; leave it out to set no limit"
            raise ValueError(msg)
        return names
    if isinstance(default, int | float):
        return _parse_number(type(default), value, source, data["low"], data["high"])
    if "choices" in data and str(value).lower() not in data["choices"]:
        msg = f"{source} must be one of {', '.join(data['choices'])}, not {value!r}"
        raise ValueError(msg)
    return str(value).lower() if "choices" in data else str(value)


def _parse_bool(value: str, source: str) -> bool:
    if value.lower() in {"1", "true", "yes", "on"}:
        return True
    if value.lower() in {"0", "false", "no", "off"}:
        return False
    msg = f"{source} must be true or false, not {value!r}"
    raise ValueError(msg)


def _parse_number(number_type: type, value: Any, source: str, minimum: float, maximum: float) -> Any:
    try:
        number = number_type(value)
    except ValueError:
        number = None
    if number is None or not minimum <= number <= maximum:
        msg = f"{source} must be a number from {minimum:g} to {maximum:g}, not {value!r}"
        raise ValueError(msg)
    return number
