"""The hosts: where each keeps its servers, in what form, and how it can be given a secret."""

from __future__ import annotations

import ntpath
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dockerhub_mcp.install.editors.jsonc import JSONDialect


@dataclass(frozen=True, slots=True)
class PlatformPaths:
    """Where the program runs."""

    platform: str
    """As `sys.platform` says it."""
    home: str
    environment: Mapping[str, str]
    working_directory: Path

    def join_path(self, *parts: str) -> Path:
        """Join a path as this platform does."""
        return Path((ntpath if self.platform == "win32" else posixpath).join(*parts))

    def home_path(self, *parts: str) -> Path:
        """Return a path in the person's home directory."""
        return self.join_path(self.home, *parts)

    def user_config_path(self, *parts: str) -> Path:
        """Return a path where this platform keeps what programs are told."""
        if self.platform == "win32":
            return self.join_path(
                self.environment.get("APPDATA") or str(self.home_path("AppData", "Roaming")), *parts
            )
        if self.platform == "darwin":
            return self.home_path("Library", "Application Support", *parts)
        return self.xdg_config_path(*parts)

    def xdg_config_path(self, *parts: str) -> Path:
        """Return a path in the directory that the XDG specification names, on Windows in its counterpart."""
        if self.platform == "win32":
            return self.user_config_path(*parts)
        return self.join_path(
            self.environment.get("XDG_CONFIG_HOME") or str(self.home_path(".config")), *parts
        )

    def state_directory(self) -> Path:
        """Return the directory in which we remember what we did."""
        if self.platform == "win32":
            kept = self.environment.get("LOCALAPPDATA") or str(self.home_path("AppData", "Local"))
        else:
            kept = self.environment.get("XDG_STATE_HOME") or str(self.home_path(".local", "state"))
        return self.join_path(kept, "dockerhub-mcp")


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """One program that starts MCP servers."""

    name: str
    title: str
    locate_user_config: Callable[[PlatformPaths], Path]
    """The file of the person."""
    project_file: str = ""
    """The file in a project, where the host reads one."""
    servers_key: str = "mcpServers"
    """What the servers stand under."""
    is_toml: bool = False
    json_dialect: JSONDialect
    has_type_field: bool = False
    """An entry says that it is of type stdio."""
    variable_reference: str = ""
    """How a value of the environment is put in; empty where the host puts none in."""
    prompts_for_secrets: bool = False
    """It asks for secrets and keeps them itself."""
    forwards_variables: bool = False
    """It names the variables that go through, in `env_vars`."""
    allows_underscores: bool = True
    """A server's name may have them."""
    next_step: str
    """What the person does after it."""


_STRICT_JSON = JSONDialect()
_JSON_WITH_COMMENTS = JSONDialect(allows_comments=True)
_LENIENT_JSON = JSONDialect(allows_comments=True, allows_trailing_commas=True)


def _path_from_variable(variable: str, default: str, *parts: str) -> Callable[[PlatformPaths], Path]:
    """Return a path in the directory that a variable of the host names."""

    def locate_config(paths: PlatformPaths) -> Path:
        base = paths.environment.get(variable) or str(paths.home_path(default) if default else paths.home)
        return paths.join_path(base, *parts)

    return locate_config


HOSTS = {
    host.name: host
    for host in (
        Host(
            name="claude-desktop",
            title="Claude Desktop",
            locate_user_config=lambda place: place.user_config_path("Claude", "claude_desktop_config.json"),
            json_dialect=_STRICT_JSON,
            next_step="Quit Claude Desktop, not only its window, and start it again.",
        ),
        Host(
            name="claude-code",
            title="Claude Code",
            locate_user_config=_path_from_variable("CLAUDE_CONFIG_DIR", "", ".claude.json"),
            project_file=".mcp.json",
            json_dialect=_STRICT_JSON,
            has_type_field=True,
            variable_reference="${{{}}}",
            next_step="Start a new session of Claude Code; /mcp shows the server.",
        ),
        Host(
            name="vscode",
            title="VS Code",
            locate_user_config=lambda place: place.user_config_path("Code", "User", "mcp.json"),
            project_file=".vscode/mcp.json",
            servers_key="servers",
            json_dialect=_LENIENT_JSON,
            has_type_field=True,
            prompts_for_secrets=True,
            next_step="Run the command `MCP: List Servers` in VS Code and start the server.",
        ),
        Host(
            name="cursor",
            title="Cursor",
            locate_user_config=lambda place: place.home_path(".cursor", "mcp.json"),
            project_file=".cursor/mcp.json",
            json_dialect=_LENIENT_JSON,
            has_type_field=True,
            variable_reference="${{env:{}}}",
            next_step="Switch the server on under Settings, Tools & MCP in Cursor.",
        ),
        Host(
            name="windsurf",
            title="Windsurf",
            locate_user_config=lambda place: place.home_path(".codeium", "windsurf", "mcp_config.json"),
            json_dialect=_STRICT_JSON,
            variable_reference="${{env:{}}}",
            next_step="Refresh the MCP servers in Windsurf's Cascade panel, or start Windsurf again.",
        ),
        Host(
            name="zed",
            title="Zed",
            locate_user_config=lambda place: place.join_path(
                str(place.xdg_config_path("Zed" if place.platform == "win32" else "zed")), "settings.json"
            ),
            project_file=".zed/settings.json",
            servers_key="context_servers",
            json_dialect=_LENIENT_JSON,
            next_step="Zed starts the server by itself; the settings of its Agent Panel show it with a green dot.",
        ),
        Host(
            name="gemini-cli",
            title="Gemini CLI",
            locate_user_config=_path_from_variable("GEMINI_CLI_HOME", "", ".gemini", "settings.json"),
            project_file=".gemini/settings.json",
            json_dialect=_JSON_WITH_COMMENTS,
            variable_reference="${}",
            allows_underscores=False,
            next_step="Start Gemini CLI again; /mcp shows the server.",
        ),
        Host(
            name="codex",
            title="Codex",
            locate_user_config=_path_from_variable("CODEX_HOME", ".codex", "config.toml"),
            project_file=".codex/config.toml",
            servers_key="mcp_servers",
            is_toml=True,
            json_dialect=_STRICT_JSON,
            forwards_variables=True,
            next_step="Start Codex again; /mcp shows the server.",
        ),
    )
}

ANY_HOST = Host(
    name="any",
    title="your host",
    locate_user_config=lambda place: place.working_directory,
    json_dialect=_STRICT_JSON,
    next_step="Put it where your host keeps its MCP servers.",
)
"""What most other hosts take; it can be shown only."""
