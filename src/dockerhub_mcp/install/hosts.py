"""The MCP hosts: the file of each, its format, and how it provides secrets."""

from __future__ import annotations

import ntpath
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dockerhub_mcp.install.editors.jsonc import JSONDialect


@dataclass(frozen=True, slots=True)
class PlatformPaths:
    """The platform and the directories of this machine.

    Attributes:
        platform: As in `sys.platform`.
        home: The user's home directory.
        environment: The environment variables, which may name other directories.
        working_directory: The directory of the project.
    """

    platform: str
    home: str
    environment: Mapping[str, str]
    working_directory: Path

    def join_path(self, *parts: str) -> Path:
        """Return a path joined as on this platform."""
        return Path((ntpath if self.platform == "win32" else posixpath).join(*parts))

    def home_path(self, *parts: str) -> Path:
        """Return a path in the user's home directory."""
        return self.join_path(self.home, *parts)

    def user_config_path(self, *parts: str) -> Path:
        """Return a path in the platform's directory for the configuration of applications."""
        if self.platform == "win32":
            return self.join_path(
                self.environment.get("APPDATA") or str(self.home_path("AppData", "Roaming")), *parts
            )
        if self.platform == "darwin":
            return self.home_path("Library", "Application Support", *parts)
        return self.xdg_config_path(*parts)

    def xdg_config_path(self, *parts: str) -> Path:
        """Return a path in the XDG configuration directory, or in its Windows counterpart."""
        if self.platform == "win32":
            return self.user_config_path(*parts)
        return self.join_path(
            self.environment.get("XDG_CONFIG_HOME") or str(self.home_path(".config")), *parts
        )

    def state_directory(self) -> Path:
        """Return the directory for this program's own record of installations."""
        if self.platform == "win32":
            directory = self.environment.get("LOCALAPPDATA") or str(self.home_path("AppData", "Local"))
        else:
            directory = self.environment.get("XDG_STATE_HOME") or str(self.home_path(".local", "state"))
        return self.join_path(directory, "dockerhub-mcp")


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """A program that starts MCP servers.

    Attributes:
        name: Its name on the command line.
        title: Its name in messages.
        locate_user_config: Returns the user's configuration file.
        project_file: The configuration file of a project; empty if the host reads none.
        settings_file: A file of settings beside it, which may have servers as well; empty without one.
        servers_key: The key of the object, or table, that holds the servers.
        is_toml: Whether the file is TOML.
        json_dialect: The JSON that the host accepts, unless the file is TOML.
        has_type_field: Whether an entry states its transport as `type`.
        variable_reference: Format of a reference to an environment variable; empty if the host expands none.
        reference_pattern: Regular expression of all references that the host expands.
        reads_variable_files: Whether an entry may name a file of variables, as `envFile`.
        prompts_for_secrets: Whether the host prompts for secrets and stores them.
        forwards_variables: Whether an entry lists the variables to forward, as `env_vars`.
        allows_underscores: Whether a server's name may contain underscores.
        accepts_byte_order_mark: Whether every version of the host reads a file that begins with one.
        next_step: What the user does after the installation.
    """

    name: str
    title: str
    locate_user_config: Callable[[PlatformPaths], Path]
    project_file: str = ""
    settings_file: str = ""
    servers_key: str = "mcpServers"
    is_toml: bool = False
    json_dialect: JSONDialect
    has_type_field: bool = False
    variable_reference: str = ""
    reference_pattern: str = ""
    reads_variable_files: bool = False
    prompts_for_secrets: bool = False
    forwards_variables: bool = False
    allows_underscores: bool = True
    accepts_byte_order_mark: bool = True
    next_step: str


_STRICT_JSON = JSONDialect()
_JSON_WITH_COMMENTS = JSONDialect(allows_comments=True)
_LENIENT_JSON = JSONDialect(allows_comments=True, allows_trailing_commas=True)


def _path_from_variable(variable: str, default: str, *parts: str) -> Callable[[PlatformPaths], Path]:
    """Return a function that locates a file in the directory that a variable of the host names."""

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
            locate_user_config=lambda paths: paths.user_config_path("Claude", "claude_desktop_config.json"),
            json_dialect=_STRICT_JSON,
            accepts_byte_order_mark=False,
            next_step="Quit Claude Desktop completely, and start it again.",
        ),
        Host(
            name="claude-code",
            title="Claude Code",
            locate_user_config=_path_from_variable("CLAUDE_CONFIG_DIR", "", ".claude.json"),
            project_file=".mcp.json",
            json_dialect=_STRICT_JSON,
            has_type_field=True,
            variable_reference="${{{}}}",
            reference_pattern=r"\$\{\w+(?::-)?\}",
            accepts_byte_order_mark=False,
            next_step="Start a new session of Claude Code; /mcp shows the server.",
        ),
        Host(
            name="vscode",
            title="VS Code",
            locate_user_config=lambda paths: paths.user_config_path("Code", "User", "mcp.json"),
            project_file=".vscode/mcp.json",
            settings_file="settings.json",
            servers_key="servers",
            json_dialect=_LENIENT_JSON,
            has_type_field=True,
            variable_reference="${{env:{}}}",
            reference_pattern=r"\$\{(?:env|input|config|command):[^{}]+\}",
            reads_variable_files=True,
            prompts_for_secrets=True,
            next_step="Run the command `MCP: List Servers` in VS Code and start the server.",
        ),
        Host(
            name="cursor",
            title="Cursor",
            locate_user_config=lambda paths: paths.home_path(".cursor", "mcp.json"),
            project_file=".cursor/mcp.json",
            json_dialect=_LENIENT_JSON,
            has_type_field=True,
            variable_reference="${{env:{}}}",
            reference_pattern=r"\$\{env:\w+\}",
            reads_variable_files=True,
            next_step="Enable the server under Settings, Tools & MCP in Cursor.",
        ),
        Host(
            name="windsurf",
            title="Windsurf",
            locate_user_config=lambda paths: paths.home_path(".codeium", "windsurf", "mcp_config.json"),
            json_dialect=_STRICT_JSON,
            variable_reference="${{env:{}}}",
            reference_pattern=r"\$\{env:\w+\}",
            accepts_byte_order_mark=False,
            next_step="Refresh the MCP servers in Windsurf's Cascade panel, or start Windsurf again.",
        ),
        Host(
            name="zed",
            title="Zed",
            locate_user_config=lambda paths: paths.join_path(
                str(paths.xdg_config_path("Zed" if paths.platform == "win32" else "zed")), "settings.json"
            ),
            project_file=".zed/settings.json",
            servers_key="context_servers",
            json_dialect=_LENIENT_JSON,
            next_step="Zed starts the server itself; its Agent Panel's settings show it with a green dot.",
        ),
        Host(
            name="gemini-cli",
            title="Gemini CLI",
            locate_user_config=_path_from_variable("GEMINI_CLI_HOME", "", ".gemini", "settings.json"),
            project_file=".gemini/settings.json",
            json_dialect=_JSON_WITH_COMMENTS,
            variable_reference="${}",
            reference_pattern=r"\$\w+|\$\{\w+\}",
            allows_underscores=False,
            accepts_byte_order_mark=False,
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
    locate_user_config=lambda paths: paths.working_directory,
    json_dialect=_STRICT_JSON,
    next_step="Add it to the file where your host configures MCP servers.",
)
"""The format that most other hosts accept. It can only be printed."""
