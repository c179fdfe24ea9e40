"""The command `dockerhub-mcp call`: one tool call from the shell, carried out like an agent's."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import anyio

from dockerhub_mcp.bootstrap import validate
from dockerhub_mcp.bootstrap.hubs import HubFactory, build_mutation_policy, build_registry, build_tool_context
from dockerhub_mcp.bootstrap.message_redaction import create_message_redactor
from dockerhub_mcp.cli.call.argument_names import format_option
from dockerhub_mcp.cli.call.console import Console
from dockerhub_mcp.cli.call.help import format_overview, format_tool_help
from dockerhub_mcp.cli.call.layout import build_blocks, format_pagination_hint
from dockerhub_mcp.cli.call.parser import PROGRAM, CallRequest, CallUsageError, parse_call
from dockerhub_mcp.cli.call.progress import ProgressReporter
from dockerhub_mcp.cli.call.prompter import NO_TERMINAL_HINT, Prompter
from dockerhub_mcp.config import Settings
from dockerhub_mcp.hub import Hub, HubError
from dockerhub_mcp.hub.api.enums import Effect
from dockerhub_mcp.hub.errors import SecondFactorRequired
from dockerhub_mcp.hub.methods import Complete2FALogin
from dockerhub_mcp.logs import configure_logging
from dockerhub_mcp.tools.access import Access, ToolFilter, resolve_tool_name
from dockerhub_mcp.tools.call import call_tool
from dockerhub_mcp.tools.catalog.all_tools import TOOLS_BY_NAME
from dockerhub_mcp.tools.catalog.registry import Registry, ToolDisabledError, UnknownNameError
from dockerhub_mcp.tools.results.sanitize import error_text
from dockerhub_mcp.tools.results.tool_result import ToolFailure, ToolResult
from dockerhub_mcp.tools.validation import ArgumentsError

EXIT_OK, EXIT_REFUSED, EXIT_USAGE = 0, 1, 2

_UNLIMITED_BYTES = 10_000_000  # of a result that does not have to fit into a model's context
_MAX_HELP_WIDTH = 100  # columns
_SERVER_NOTE = re.compile(
    r"(?:Note: (?!\|)|PARTIAL, |CUT at |LEFT OUT |Go on with |\w+=\d+ is past the end).*"
)


def run_call(argv: Sequence[str], options: Mapping[str, Any], console: Console) -> int:
    """Carry out a call, or show help, and return the exit code.

    Args:
        argv: The words after `call`.
        options: Options of the server that preceded it, by the name of their setting.
        console: The streams and the environment.

    Raises:
        SettingsError: An option or variable of the server is invalid.
    """
    try:
        request = parse_call(argv, _find_input_schema, console.read_stdin, _find_aliases, _find_secrets)
        request.tool = resolve_tool_name(request.tool)
        settings = _load_settings({**options, **request.settings}, console.environment, request.output)
        registry = build_registry(settings)
        if request.tool:
            registry.find_tool(request.tool)
    except (CallUsageError, UnknownNameError) as error:
        redact = create_message_redactor(console.environment)
        console.write_message(redact(f"{PROGRAM}: {error}"))
        return EXIT_USAGE
    except ToolDisabledError:
        pass  # reported by the call, and explained by the help
    if request.help or not request.tool:
        text = _format_help(request.tool, settings, min(console.width, _MAX_HELP_WIDTH))
        return EXIT_OK if console.write_result(text) else EXIT_REFUSED
    if request.secrets and not console.is_interactive:
        option = format_option(request.secrets[0])
        console.write_message(f"{PROGRAM}: {option} needs a terminal to ask at, or --arguments @FILE or -")
        return EXIT_USAGE
    problems = [*validate.check_mutations(settings), *validate.check_hub(settings, console.environment)]
    validate.raise_fatal(problems)
    return anyio.run(_CallRunner(request, settings, registry, console).run)


def _find_input_schema(tool: str) -> Mapping[str, Any] | None:
    known = TOOLS_BY_NAME.get(resolve_tool_name(tool))
    return None if known is None else known.input_schema


def _find_aliases(tool: str) -> tuple[str, ...]:
    return TOOLS_BY_NAME[resolve_tool_name(tool)].argument_aliases


def _find_secrets(tool: str) -> tuple[str, ...]:
    return TOOLS_BY_NAME[resolve_tool_name(tool)].secret_arguments


def _format_help(name: str, settings: Settings, width: int) -> str:
    enabled = ToolFilter(Access(settings.access), settings.toolsets, settings.tools, settings.exclude_tools)
    tool = TOOLS_BY_NAME.get(name)
    return format_overview(enabled, width) if tool is None else format_tool_help(tool, enabled, width)


def _load_settings(options: Mapping[str, Any], environment: Mapping[str, str], output: str) -> Settings:
    """Return the settings of a single call: unless chosen, only errors are logged, and data is not cut.

    Text is cut as it is for an agent, since it shows what an agent sees.
    """
    defaults: dict[str, Any] = {"log_level": "error"}
    if output != "text":
        defaults["max_result_bytes"] = _UNLIMITED_BYTES
    chosen = {name for name in defaults if environment.get(f"DOCKERHUB_MCP_{name.upper()}", "").strip()}
    options = {name: value for name, value in defaults.items() if name not in chosen} | dict(options)
    settings = validate.load_valid_settings(options, environment, validate.check_tools)
    return replace(settings, results="text" if output == "text" else "both")


@dataclass(slots=True)
class _CallRunner:
    request: CallRequest
    settings: Settings
    registry: Registry
    console: Console

    async def run(self) -> int:
        """Carry out the call and print its result; return the exit code."""
        settings, request, console = self.settings, self.request, self.console
        prompter = Prompter(console, assume_yes=request.yes)
        policy = replace(build_mutation_policy(settings), confirmation_hint=NO_TERMINAL_HINT)
        as_json = settings.log_format == "json"
        async with HubFactory(settings, console.environment) as hubs:
            hub = hubs.create_hub()
            redact = hubs.redactor.redact_log
            configure_logging(settings.log_level, as_json=as_json, redact=redact, stream=console.stderr)
            if not self.registry.disabled_reason(request.tool):
                for name in request.secrets:
                    request.arguments[name] = prompter.prompt_for_secret(name)
                if hubs.credentials is not None:
                    await self._sign_in(hub, prompter)
            with closing(ProgressReporter(console)) as progress:
                context = build_tool_context(settings, hub, policy, hubs.registry_for)
                context = replace(context, confirmer=prompter, on_progress=progress)
                result = await call_tool(self.registry, context, request.tool, request.arguments)
            exit_code = self._print_result(result)
            if isinstance(hub.credential_error, SecondFactorRequired) and not console.is_interactive:
                console.write_message("At a terminal you are asked for the code.")
        return exit_code

    async def _sign_in(self, hub: Hub, prompter: Prompter) -> None:
        """Sign in if that may take a one-time code, which only the process that requested it can use."""
        request, is_interactive = self.request, self.console.is_interactive
        tool = self.registry.find_tool(request.tool)
        completes_login = tool.name == Complete2FALogin.tool_name
        uses_account = tool.effect is not Effect.SIGN_IN and not tool.uses_scim_token
        can_prompt = is_interactive and "code" not in request.arguments
        if not completes_login and not (uses_account and is_interactive):
            return
        try:
            if not (completes_login and can_prompt):
                tool.parse(request.arguments)
            await hub.sign_in()
        except SecondFactorRequired as error:
            if not can_prompt:
                return
            self.console.write_message(error.what)
            code = prompter.prompt_for_secret("One-time code (Enter to go on without)")
        except (ArgumentsError, HubError):
            return  # the call reports it
        else:
            return
        if completes_login:
            request.arguments["code"] = code
        elif code:
            try:
                await hub.send(Complete2FALogin(code=code))
            except HubError as error:
                self.console.write_message(hub.redact(error_text(error)))

    def _print_result(self, result: ToolResult) -> int:
        console, request = self.console, self.request
        if result.is_error:
            console.write_message(result.text)
            if not (isinstance(result, ToolFailure) and isinstance(result.cause, ArgumentsError)):
                return EXIT_REFUSED
            console.write_message(f"See: {PROGRAM} {request.tool} --help")
            return EXIT_USAGE
        if request.output == "text":
            return EXIT_OK if console.write_result(f"{result.text}\n") else EXIT_REFUSED
        for note in find_server_notes(result.text):
            console.write_message(note)
        data = {"message": result.text} if result.structured_content is None else result.structured_content
        if result.secret_line:  # a new secret, which agents read in the text
            data = {**data, "token": result.secret_line.rpartition(" ")[2]}
        if request.output == "json":
            return EXIT_OK if console.write_json(data) else EXIT_REFUSED
        is_written = console.write_blocks(build_blocks(data))
        if hint := format_pagination_hint(data):
            console.write_message(hint)
        return EXIT_OK if is_written else EXIT_REFUSED


def find_server_notes(text: str) -> list[str]:
    """Return the notes of the server in the text of a result; lines with untrusted text do not match."""
    return [line for line in text.split("\n") if _SERVER_NOTE.fullmatch(line)]
