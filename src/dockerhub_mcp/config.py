"""Declare the settings, and parse them: an option overrides its environment variable, this the default.

No other module reads the environment.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dockerhub_mcp.setting_values import parse_value

LOG_LEVELS = ("debug", "info", "warning", "error")
ACCESS_LEVELS = ("read", "write", "admin")


class Problem(NamedTuple):
    """Something wrong with the settings.

    Attributes:
        setting: The option or environment variable at fault, as it is written.
        message: What is wrong, in one line.
        remedy: What to do about it; empty if the message already says so.
        is_fatal: Whether the server refuses to start.
        is_usage_error: Whether the command line is wrong by itself, independently of the environment.
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
    """Declare a setting.

    The type of the default is the setting's. `metadata` may have: `env` for a variable other than
    DOCKERHUB_MCP_<NAME>, empty for none; `choices`; `low` and `high` for numbers; `metavar`.
    """
    return field(default=default, metadata={"help": help_text, **metadata})


def _declare_http_setting(default: Any, help_text: str, **metadata: Any) -> Any:
    """Declare a setting that only HTTP servers use."""
    return _declare_setting(default, help_text, http=True, **metadata)


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The settings of a server, each with an option and an environment variable."""

    sandbox: bool = _declare_setting(
        default=False, help_text="use an embedded Hub with sample data; no account, no network"
    )
    sandbox_identity: str = _declare_setting(
        "owner", "account to use on the embedded Hub, or `anonymous`", metavar="NAME"
    )
    access: str = _declare_setting(
        "read", "highest access level of tools: read, write or admin", choices=ACCESS_LEVELS
    )
    toolsets: tuple[str, ...] = _declare_setting(
        (),
        "toolsets to select, comma-separated: default, all, developer, platform, administrator, or areas "
        "such as tags,members; --access decides which of their tools are on",
        metavar="A,B",
    )
    tools: tuple[str, ...] = _declare_setting((), "enable only these tools, comma-separated", metavar="A,B")
    exclude_tools: tuple[str, ...] = _declare_setting((), "disable these, comma-separated", metavar="A,B")
    names: str = _declare_setting("", "list docker/hub-mcp's tools under their names", choices=("hub-mcp",))
    confirm: str = _declare_setting(
        "ask",
        "ask the user before a change gives rights or takes something away, before a loss only, or never",
        choices=("ask", "destructive", "never"),
    )
    secrets_dir: str = _declare_setting("", "directory for new tokens, each in a 0600 file", metavar="DIR")
    plans_dir: str = _declare_setting("", "directory for clean-up plans and their progress", metavar="DIR")
    audit_log: str = _declare_setting("", "file for JSON lines before and after each change", metavar="FILE")
    username: str = _declare_setting(
        "", "Docker ID, or an organization's name for its access token [DOCKERHUB_USERNAME]", env=""
    )
    token_file: str = _declare_setting(
        "",
        "file with the access token or password, read again when it changes [DOCKERHUB_TOKEN_FILE]",
        env="",
        metavar="FILE",
    )
    docker_credentials: str = _declare_setting(
        "token",
        "without a configured account, use the one of `docker login`; full uses the session of a browser "
        "login too, which has all rights of the account; over stdio only, and for Docker's own Hub only",
        choices=("off", "token", "full"),
        switch=("off", "token"),
    )
    api_url: str = _declare_setting(
        "https://hub.docker.com", "origin of the Hub API", env="DOCKERHUB_API_URL", metavar="URL"
    )
    registry_url: str = _declare_setting(
        "", "origin of the registry; by default Docker's own", env="DOCKERHUB_REGISTRY_URL", metavar="URL"
    )
    registry_auth_url: str = _declare_setting(
        "", "origin of its token service", env="DOCKERHUB_REGISTRY_AUTH_URL", metavar="URL"
    )
    timeout: float = _declare_setting(30.0, "seconds for one request, retries included", low=0.1, high=600)
    walk_timeout: float = _declare_setting(
        120.0, "seconds after which reading many pages returns what it has", low=0.1, high=3600
    )
    max_concurrency: int = _declare_setting(16, "concurrent requests to the Hub", low=1, high=256)
    transport: str = _declare_setting(
        "stdio",
        "stdio, http (streamable HTTP and the older HTTP+SSE) or sse (HTTP+SSE alone)",
        choices=("stdio", "http", "sse"),
    )
    host: str = _declare_http_setting("127.0.0.1", "address to listen on")
    port: int = _declare_http_setting(8000, "port to listen on; 0 for a free one", low=0, high=65_535)
    path: str = _declare_http_setting("/mcp", "path of the streamable HTTP endpoint")
    sessions: bool = _declare_http_setting(
        default=False,
        help_text="keep sessions for clients of protocol 2025-11-25 and earlier, which lets them confirm "
        "changes; each client must then reach the same process",
    )
    allowed_hosts: tuple[str, ...] = _declare_http_setting(
        (), "host names that clients may use besides localhost, comma-separated", metavar="A,B"
    )
    allowed_origins: tuple[str, ...] = _declare_http_setting(
        (),
        "origins of web pages that may call the server, such as https://app.example.com, comma-separated",
        metavar="A,B",
    )
    auth_tokens_file: str = _declare_http_setting("", "TOML file with the callers' tokens", metavar="FILE")
    oauth_issuer: str = _declare_http_setting(
        "", "authorization server that issues the accepted access tokens", metavar="URL"
    )
    oauth_audience: tuple[str, ...] = _declare_http_setting(
        (), "accepted audiences of access tokens; by default the public URL", metavar="A,B"
    )
    oauth_jwks_url: str = _declare_http_setting(
        "", "URL of the authorization server's keys; by default discovered", metavar="URL"
    )
    oauth_scopes: tuple[str, ...] = _declare_http_setting(
        ("read=dockerhub:read", "write=dockerhub:write", "admin=dockerhub:admin"),
        "scope that each access level requires",
        metavar="A,B",
    )
    public_url: str = _declare_http_setting(
        "", "URL of the MCP endpoint as clients know it, for OAuth and the server card", metavar="URL"
    )
    identity: str = _declare_http_setting(
        "server",
        "Docker account of calls: the server's, or the one that each request carries",
        choices=("server", "request"),
    )
    max_identities: int = _declare_http_setting(
        1000, "accounts of requests to keep in memory", low=1, high=100_000
    )
    tls_cert: str = _declare_http_setting("", "TLS certificate chain, PEM", metavar="FILE")
    tls_key: str = _declare_http_setting("", "TLS private key, PEM", metavar="FILE")
    forwarded_allow_ips: tuple[str, ...] = _declare_http_setting(
        (),
        "trusted proxies: their X-Forwarded-For and X-Forwarded-Proto headers are used, comma-separated",
        metavar="A,B",
    )
    state_key_file: str = _declare_http_setting(
        "",
        "file with a key of at least 32 bytes that replicas share to seal confirmations and what they store",
        metavar="FILE",
    )
    store_url_file: str = _declare_http_setting(
        "",
        "file with the URL of the Valkey or Redis that replicas share [DOCKERHUB_MCP_STORE_URL]",
        metavar="FILE",
    )
    max_calls: int = _declare_http_setting(256, "concurrent calls; others get 503", low=1, high=10_000)
    max_calls_per_caller: int = _declare_http_setting(
        128, "concurrent calls of one caller; others get 429", low=1, high=10_000
    )
    max_sessions: int = _declare_http_setting(1000, "open sessions and SSE streams", low=1, high=100_000)
    max_sessions_per_caller: int = _declare_http_setting(100, "those of one caller", low=1, high=100_000)
    session_timeout: float = _declare_http_setting(
        1800.0, "seconds after which an idle session ends", low=1, high=86_400
    )
    drain_delay: float = _declare_http_setting(
        0.0, "seconds to serve new calls after SIGTERM, while /readyz answers 503", low=0, high=600
    )
    grace: float = _declare_http_setting(
        30.0, "seconds for calls under way to finish once no new ones are accepted", low=0, high=600
    )
    results: str = _declare_setting(
        "text",
        "results as text, or as both text and structured data with output schemas, for programs",
        choices=("text", "both"),
    )
    max_result_bytes: int = _declare_setting(
        32_768,
        "bytes of text in a result; lists are cut between items; over HTTP, many clients accept at most a "
        "MiB including the data",
        low=1024,
        high=10_000_000,
    )
    cache_ttl: float = _declare_setting(
        30.0, "seconds to cache the results of reads; 0 disables the cache", low=0, high=3600
    )
    metrics: bool = _declare_http_setting(
        default=False, help_text="serve Prometheus metrics at /metrics, to this machine or with a token"
    )
    metrics_token_file: str = _declare_http_setting(
        "", "file with the bearer token that /metrics requires [DOCKERHUB_MCP_METRICS_TOKEN]", metavar="FILE"
    )
    log_level: str = _declare_setting("info", "least severe level to log", choices=LOG_LEVELS)
    log_format: str = _declare_setting("text", "format of log lines", choices=("text", "json"))
    logs_dir: str = _declare_setting(
        "", "directory to write the log lines to as well, in dockerhub-mcp.log", metavar="DIR"
    )


REMOVED_SETTINGS = {
    "workers": "was removed: run several replicas behind a reverse proxy instead (docs/http.md, section "
    "Scaling)",
    "allow_unauthenticated": "is no option of this server: on 127.0.0.1 callers need no token, so leave it "
    "out; on any other address they must authenticate: set DOCKERHUB_MCP_AUTH_TOKEN or MCP_AUTH_TOKEN, or "
    "choose another way (docs/http.md, section Authentication)",
}
"""Settings of earlier versions and of docker/hub-mcp that do not exist here, and what to do instead."""

HTTP_SETTINGS = frozenset(each.name for each in dataclasses.fields(Settings) if "http" in each.metadata)
"""The settings that have no effect over stdio."""


def env_var_for(setting: dataclasses.Field[Any]) -> str:
    """Return the environment variable of a setting; empty if it has none of its own."""
    return str(setting.metadata.get("env", f"DOCKERHUB_MCP_{setting.name.upper()}"))


def parse_settings(
    options: Mapping[str, Any], environment: Mapping[str, str]
) -> tuple[Settings, list[Problem]]:
    """Parse the options given on the command line and the environment, each value by itself.

    An empty value counts as none: scripts pass `--port=$PORT`, and hosts export variables without a value.

    Returns:
        The settings, with the default for each value that cannot be parsed, and a problem for each of those.
    """
    values: dict[str, Any] = {}
    problems = list(_find_removed_settings(options, environment))
    for setting in dataclasses.fields(Settings):
        variable = env_var_for(setting)
        if is_option := not is_empty(options.get(setting.name, "")):
            source, value = flag_for(setting.name), options[setting.name]
        elif variable and environment.get(variable, "").strip():
            source, value = variable, environment[variable].strip()
        else:
            continue
        try:
            values[setting.name] = parse_value(setting, value, source)
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
        is_option = not is_empty(options.get(name, ""))
        if is_option or environment.get(variable, "").strip():
            source = flag_for(name) if is_option else variable
            yield Problem(source, f"{source} {replacement}", is_usage_error=is_option)


def flag_for(name: str) -> str:
    """Return the option of a setting, such as `--max-calls`."""
    return "--" + name.replace("_", "-")


def is_empty(value: Any) -> bool:
    """Tell whether an option or variable was given an empty text, which counts as not given."""
    return isinstance(value, str) and not value.strip()


def read_environment() -> dict[str, str]:
    """Return a copy of this process's environment."""
    return dict(os.environ)


def skip_pydantic_plugins() -> None:
    """Keep pydantic from opening a file of every installed package in search of plugins, unless asked to.

    It would do so when it builds its first model, which takes longer than the build.
    """
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
