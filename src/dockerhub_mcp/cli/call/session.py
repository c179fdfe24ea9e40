"""The settings, the tool context and the sign-in of a command that calls tools."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from dockerhub_mcp.bootstrap import validate
from dockerhub_mcp.bootstrap.hubs import HubFactory, build_tool_context
from dockerhub_mcp.cli.call.console import Console
from dockerhub_mcp.cli.call.prompter import Prompter
from dockerhub_mcp.config import Settings
from dockerhub_mcp.hub import Hub, HubError
from dockerhub_mcp.hub.errors import SecondFactorRequired
from dockerhub_mcp.hub.methods import Complete2FALogin
from dockerhub_mcp.logs import configure_logging
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.policy import MutationPolicy
from dockerhub_mcp.tools.results.sanitize import error_text

NO_TERMINAL_FOR_CODE = "At a terminal you are asked for the code."
_UNLIMITED_BYTES = 10_000_000  # of a result that does not have to fit into a model's context


class Session(NamedTuple):
    """What a command calls tools with.

    Attributes:
        context: The context of the calls, with neither a confirmer nor a receiver of progress.
        has_credentials: Whether an account is configured.
    """

    context: ToolContext
    has_credentials: bool


def load_settings(
    options: Mapping[str, Any], environment: Mapping[str, str], *, is_cut: bool = False
) -> Settings:
    """Return the settings of a command that calls tools: unless chosen, only errors are logged.

    Args:
        options: Options of the server, by the name of their setting.
        environment: The environment variables.
        is_cut: Whether results are cut as they are for an agent.

    Raises:
        SettingsError: An option or variable is invalid.
    """
    defaults: dict[str, Any] = {"log_level": "error"}
    if not is_cut:
        defaults["max_result_bytes"] = _UNLIMITED_BYTES
    chosen = {name for name in defaults if environment.get(f"DOCKERHUB_MCP_{name.upper()}", "").strip()}
    options = {name: value for name, value in defaults.items() if name not in chosen} | dict(options)
    return validate.load_valid_settings(options, environment, validate.check_tools)


@asynccontextmanager
async def open_session(
    settings: Settings, policy: MutationPolicy, console: Console
) -> AsyncIterator[Session]:
    """Connect to the Hub that settings name, and write log lines to standard error."""
    as_json = settings.log_format == "json"
    async with HubFactory(settings, console.environment) as hubs:
        redact = hubs.redactor.redact_log
        configure_logging(settings.log_level, as_json=as_json, redact=redact, stream=console.stderr)
        context = build_tool_context(settings, hubs.create_hub(), policy, hubs.registry_for)
        yield Session(context, hubs.credentials is not None)


async def sign_in(hub: Hub, prompter: Prompter, console: Console) -> None:
    """Sign in, with a one-time code if the account needs one; a failure is left to the calls to report."""
    try:
        await hub.sign_in()
    except SecondFactorRequired as error:
        if console.is_interactive and (code := prompt_for_code(error, prompter, console)):
            await complete_sign_in(hub, code, console)
    except HubError:
        return


def prompt_for_code(error: SecondFactorRequired, prompter: Prompter, console: Console) -> str:
    """Ask for the one-time code of an account; empty to go on without."""
    console.write_message(error.what)
    return prompter.prompt_for_secret("One-time code (Enter to go on without)")


async def complete_sign_in(hub: Hub, code: str, console: Console) -> None:
    """Send a one-time code, and report if it is refused."""
    try:
        await hub.send(Complete2FALogin(code=code))
    except HubError as error:
        console.write_message(hub.redact(error_text(error)))
