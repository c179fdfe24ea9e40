"""The command `dockerhub-mcp call`: one tool call from the shell, carried out like an agent's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import anyio

from dockerhub_mcp.bootstrap import validate
from dockerhub_mcp.bootstrap.hubs import build_mutation_policy, build_registry
from dockerhub_mcp.bootstrap.message_redaction import create_message_redactor
from dockerhub_mcp.cli.call.argument_names import format_option
from dockerhub_mcp.cli.call.argument_values import CallUsageError
from dockerhub_mcp.cli.call.batch import BatchRunner
from dockerhub_mcp.cli.call.console import Console, is_terminal
from dockerhub_mcp.cli.call.help import format_overview, format_tool_help, list_needs
from dockerhub_mcp.cli.call.layout import build_blocks, format_pagination_hint
from dockerhub_mcp.cli.call.parser import PROGRAM, parse_call
from dockerhub_mcp.cli.call.progress import ProgressReporter
from dockerhub_mcp.cli.call.prompter import NO_TERMINAL_HINT, Prompter
from dockerhub_mcp.cli.call.request import CallRequest
from dockerhub_mcp.cli.call.result_data import build_result_data, find_server_notes
from dockerhub_mcp.cli.call.session import (
    NO_TERMINAL_FOR_CODE,
    complete_sign_in,
    load_settings,
    open_session,
    prompt_for_code,
)
from dockerhub_mcp.config import Settings
from dockerhub_mcp.hub import Hub, HubError
from dockerhub_mcp.hub.api.enums import Effect
from dockerhub_mcp.hub.errors import SecondFactorRequired
from dockerhub_mcp.hub.methods import Complete2FALogin
from dockerhub_mcp.tools.access import Access, ToolFilter, resolve_tool_name
from dockerhub_mcp.tools.call import call_tool
from dockerhub_mcp.tools.catalog.filter_types import get_filter_type
from dockerhub_mcp.tools.catalog.registry import Registry, ToolDisabledError, UnknownNameError
from dockerhub_mcp.tools.catalog.tool_lists import find_any_tool
from dockerhub_mcp.tools.results.tool_result import ToolFailure, ToolResult
from dockerhub_mcp.tools.validation import ArgumentsError

EXIT_OK, EXIT_REFUSED, EXIT_USAGE = 0, 1, 2

_MAX_HELP_WIDTH = 100  # columns


def run_call(argv: Sequence[str], options: Mapping[str, Any], console: Console) -> int:
    """Carry out a call, or those of a batch, or show help, and return the exit code.

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
        is_text = request.output == "text"  # which shows what an agent sees
        settings = load_settings({**options, **request.settings}, console.environment, is_cut=is_text)
        settings = replace(settings, results="text" if is_text else "both")
        registry = build_registry(settings)
        if request.tool:
            registry.find_tool(request.tool)
    except (CallUsageError, UnknownNameError) as error:
        redact = create_message_redactor(console.environment)
        console.write_message(redact(f"{PROGRAM}: {error}"))
        return EXIT_USAGE
    except ToolDisabledError:
        pass  # reported by the call, and explained by the help
    if request.help or not (request.tool or request.batch):
        text = _format_help(request.tool, settings, min(console.width, _MAX_HELP_WIDTH))
        return EXIT_OK if console.write_result(text) else EXIT_REFUSED
    if request.secrets and not console.is_interactive:
        option = format_option(request.secrets[0])
        console.write_message(f"{PROGRAM}: {option} needs a terminal to ask at, or --arguments @FILE or -")
        return EXIT_USAGE
    problems = [*validate.check_mutations(settings), *validate.check_hub(settings, console.environment)]
    validate.raise_fatal(problems)
    if request.batch:
        batch = BatchRunner(settings, registry, console, as_text=is_text, assume_yes=request.yes)
        return EXIT_OK if anyio.run(batch.run) else EXIT_REFUSED
    return anyio.run(_CallRunner(request, settings, registry, console).run)


def _find_input_schema(tool: str) -> Mapping[str, Any] | None:
    known = find_any_tool(resolve_tool_name(tool))
    return None if known is None else known.input_schema


def _find_aliases(tool: str) -> tuple[str, ...]:
    known = find_any_tool(resolve_tool_name(tool))
    return () if known is None else known.argument_aliases


def _find_secrets(tool: str) -> tuple[str, ...]:
    known = find_any_tool(resolve_tool_name(tool))
    return () if known is None else known.secret_arguments


def _build_tool_filter(settings: Settings) -> ToolFilter:
    """Return which tools the settings enable."""
    return get_filter_type(settings.names)(
        Access(settings.access), settings.toolsets, settings.tools, settings.exclude_tools
    )


def _format_help(name: str, settings: Settings, width: int) -> str:
    enabled = _build_tool_filter(settings)
    tool = find_any_tool(name) if name else None
    if tool is None:
        return format_overview(enabled, width, settings.names)
    return format_tool_help(tool, enabled, width)


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
        policy = build_mutation_policy(settings)._replace(confirmation_hint=NO_TERMINAL_HINT)
        async with open_session(settings, policy, console) as session:
            hub = session.context.hub
            if not self.registry.disabled_reason(request.tool):
                for name in request.secrets:
                    request.arguments[name] = prompter.prompt_for_secret(name)
                if session.has_credentials:
                    await self._sign_in(hub, prompter)
            with closing(ProgressReporter(console)) as progress:
                context = replace(session.context, confirmer=prompter, on_progress=progress)
                result = await call_tool(self.registry, context, request.tool, request.arguments)
                if code := self._prompt_for_pending_code(result, prompter):
                    name = Complete2FALogin.tool_name
                    result = await call_tool(self.registry, context, name, {"code": code})
            exit_code = self._print_result(result)
            if isinstance(hub.credential_error, SecondFactorRequired) and not console.is_interactive:
                console.write_message(NO_TERMINAL_FOR_CODE)
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
            code = prompt_for_code(error, prompter, self.console)
        except (ArgumentsError, HubError):
            return  # the call reports it
        else:
            return
        if completes_login:
            request.arguments["code"] = code
        elif code:
            await complete_sign_in(hub, code, self.console)

    def _prompt_for_pending_code(self, result: ToolResult, prompter: Prompter) -> str:
        """Return the one-time code that a sign-in waits for; empty where none does, or none is given."""
        cause = result.cause if isinstance(result, ToolFailure) else None
        if not (isinstance(cause, SecondFactorRequired) and self.console.is_interactive):
            return ""
        is_sign_in = self.registry.find_tool(self.request.tool).effect is Effect.SIGN_IN
        return prompt_for_code(cause, prompter, self.console) if is_sign_in else ""

    def _list_needs(self) -> list[str]:
        """Return the options that enable the tool; none where an option turned it off."""
        tool = find_any_tool(resolve_tool_name(self.request.tool))
        needs = [] if tool is None else list_needs(tool.info, _build_tool_filter(self.settings))
        return needs if all(need.startswith("--") for need in needs) else []

    def _print_result(self, result: ToolResult) -> int:
        console, request = self.console, self.request
        if result.is_error:
            console.write_message(result.text)
            cause = result.cause if isinstance(result, ToolFailure) else None
            if isinstance(cause, ToolDisabledError) and (needs := self._list_needs()):
                console.write_message(f"For this call: {PROGRAM} {' '.join(needs)} {request.tool} ...")
            if not isinstance(cause, ArgumentsError):
                return EXIT_REFUSED
            console.write_message(f"See: {PROGRAM} {request.tool} --help")
            return EXIT_USAGE
        if request.output == "text":
            return EXIT_OK if console.write_result(f"{result.text}\n") else EXIT_REFUSED
        for note in find_server_notes(result.text):
            console.write_message(note)
        data = build_result_data(result)
        if request.output == "json":
            return EXIT_OK if console.write_json(data) else EXIT_REFUSED
        is_wide = not is_terminal(console.stdout) if request.wide is None else request.wide
        model = self.registry.find_tool(request.tool).result_type
        blocks = build_blocks(data, model, is_wide=is_wide)
        is_written = console.write_blocks(blocks, is_wide=is_wide, whole_hint="--wide or -o json")
        if hint := format_pagination_hint(data):
            console.write_message(hint)
        return EXIT_OK if is_written else EXIT_REFUSED
