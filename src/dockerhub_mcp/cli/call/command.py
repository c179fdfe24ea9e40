"""`dockerhub-mcp call`: one tool call for a person, on the same road as an agent's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import anyio

from dockerhub_mcp.bootstrap.hubs import HubFactory, build_mutation_policy, build_registry
from dockerhub_mcp.bootstrap.validate import (
    check_hub,
    check_mutations,
    check_tools,
    load_valid_settings,
    raise_fatal,
)
from dockerhub_mcp.cli.call import output
from dockerhub_mcp.cli.call.argv import Asked, WordsError, read_words
from dockerhub_mcp.cli.call.help import overview, tool_help
from dockerhub_mcp.cli.call.layout import build_blocks, format_pagination_hint
from dockerhub_mcp.cli.call.progress import ProgressReporter
from dockerhub_mcp.cli.call.prompter import NO_TERMINAL_HINT, Prompter
from dockerhub_mcp.config import Settings
from dockerhub_mcp.hub import Hub, HubError, Method
from dockerhub_mcp.hub.api.enums import Effect, Service
from dockerhub_mcp.hub.errors import SecondFactorRequired
from dockerhub_mcp.hub.methods import ALL_METHODS, Complete2FALogin
from dockerhub_mcp.logs import configure_logging
from dockerhub_mcp.tools.access import Access, ToolFilter
from dockerhub_mcp.tools.cache import ResultCache
from dockerhub_mcp.tools.call import call_tool, parse_call
from dockerhub_mcp.tools.catalog.registry import Registry, ToolDisabledError, UnknownNameError
from dockerhub_mcp.tools.catalog.schema import build_input_schema
from dockerhub_mcp.tools.results.results import ToolResult
from dockerhub_mcp.tools.results.sanitize import error_text
from dockerhub_mcp.tools.validation import ArgumentsError

EXIT_OK, EXIT_REFUSED, EXIT_USAGE = 0, 1, 2

_METHODS_BY_TOOL = {method.tool_name: method for method in ALL_METHODS}
_UNLIMITED_BYTES = 10_000_000  # bytes of a result that nobody has to pay for by the token
_SERVER_NOTE = re.compile(r"(?:Note: (?!\|)|PARTIAL, |CUT at |LEFT OUT ).*")


class _InputSchemas(Mapping[str, Mapping[str, Any]]):
    """The input schemas of all tools, each made when it is looked at."""

    def __getitem__(self, tool: str) -> Mapping[str, Any]:
        return build_input_schema(_METHODS_BY_TOOL[tool])

    def __iter__(self) -> Iterator[str]:
        return iter(_METHODS_BY_TOOL)

    def __len__(self) -> int:
        return len(_METHODS_BY_TOOL)


def run_call(argv: Sequence[str], options: Mapping[str, Any], environment: Mapping[str, str]) -> int:
    """Carry out a call, or show help, and return the exit code.

    Args:
        argv: What stands behind `call`.
        options: Options of the server that stood before it.
        environment: The environment variables.

    Raises:
        SettingsError: An option or variable of the server cannot be used.
    """
    try:
        asked = read_words(argv, _InputSchemas())
    except WordsError as error:
        output.write_stderr(f"dockerhub-mcp call: {error}")
        return EXIT_USAGE
    given = {**options, **asked.settings}
    settings = load_valid_settings(given, environment, check_tools)
    registry = build_registry(settings)
    try:
        if asked.tool:
            registry.find_method(asked.tool)
    except UnknownNameError as error:
        output.write_stderr(f"dockerhub-mcp call: {error}")
        return EXIT_USAGE
    except ToolDisabledError:
        pass  # told in its turn, or in the help
    if asked.help or not asked.tool:
        return EXIT_OK if output.write_stdout(_render_help(asked.tool, settings)) else EXIT_REFUSED
    raise_fatal([*check_mutations(settings), *check_hub(settings, environment)])
    settings = _apply_interactive_defaults(settings, given, environment, as_text=asked.output == "text")
    return anyio.run(_CallRunner(asked, settings, registry, environment).run)


def _render_help(tool: str, settings: Settings) -> str:
    choice = ToolFilter(Access(settings.access), settings.toolsets, settings.tools, settings.exclude_tools)
    if tool:
        return tool_help(_METHODS_BY_TOOL[tool], choice, width=output.get_text_width())
    return overview(choice, width=output.get_text_width())


def _apply_interactive_defaults(
    settings: Settings, given_options: Mapping[str, Any], environment: Mapping[str, str], *, as_text: bool
) -> Settings:
    """Set what is different for a person, where they did not choose it themselves.

    Only what goes wrong is logged. Data is whole, but the text is as an agent sees it, so it is cut as well.
    """
    chosen = {
        name
        for name in ("log_level", "max_result_bytes")
        if name in given_options or environment.get(f"DOCKERHUB_MCP_{name.upper()}", "").strip()
    }
    if "log_level" not in chosen:
        settings = replace(settings, log_level="error")
    if "max_result_bytes" not in chosen and not as_text:
        settings = replace(settings, max_result_bytes=_UNLIMITED_BYTES)
    return settings


@dataclass(slots=True)
class _CallRunner:
    request: Asked
    settings: Settings
    registry: Registry
    environment: Mapping[str, str]

    async def run(self) -> int:
        settings = self.settings
        writing = build_mutation_policy(settings)
        async with HubFactory(settings, self.environment) as hubs:
            hub = hubs.create_hub()
            configure_logging(settings.log_level, as_json=settings.log_format == "json", redact=hub.redact)
            person = Prompter(assume_yes=self.request.yes)
            try:
                method = self._prompt_for_secrets(person)
                await self._sign_in(hub, person, method, has_account=hubs.credentials is not None)
                parse_call(self.registry, self.request.tool, self.request.arguments)
            except (ArgumentsError, WordsError) as error:
                return self._report_usage_error(hub.redact(str(error)))
            except ToolDisabledError as error:
                output.write_stderr(hub.redact(str(error)))
                return EXIT_REFUSED
            progress = ProgressReporter()
            try:
                outcome = await call_tool(
                    hub,
                    self.registry,
                    self.request.tool,
                    self.request.arguments,
                    pagination_timeout=settings.walk_timeout,
                    on_progress=progress,
                    policy=replace(writing, confirmer=person, confirmation_hint=NO_TERMINAL_HINT),
                    max_bytes=settings.max_result_bytes,
                    cache=ResultCache(settings.cache_ttl),
                    include_structured=self.request.output != "text",
                )
            finally:
                progress.close()
            code = self._print_result(outcome)
            if isinstance(hub.credential_error, SecondFactorRequired) and not person.is_interactive:
                output.write_stderr("At a terminal you are asked for the code.")
        return code

    def _prompt_for_secrets(self, prompter: Prompter) -> type[Method[Any]]:
        """Ask for secrets; what was given must fit before anybody is bothered or signed in.

        Raises:
            WordsError: There is nobody to ask.
        """
        asked = self.request
        method = self.registry.find_method(asked.tool)
        for argument in asked.hidden:
            if not prompter.is_interactive:
                msg = (
                    f"{argument.flag} is asked for at a terminal, and this is none; send the arguments with "
                    "--arguments @FILE or -"
                )
                raise WordsError(msg)
            asked.arguments[argument.name] = prompter.prompt_for_secret(argument.name)
        if method is not Complete2FALogin or "code" in asked.arguments or not prompter.is_interactive:
            parse_call(self.registry, asked.tool, asked.arguments)
        return method

    async def _sign_in(
        self, hub: Hub, prompter: Prompter, method: type[Method[Any]], *, has_account: bool
    ) -> None:
        """Sign in where that may take a code, which only the program that asked the Hub for it can use."""
        completes = method is Complete2FALogin
        is_about_it = method.effect is not Effect.SIGN_IN and method.service is not Service.SCIM
        if not has_account or not (completes or (is_about_it and prompter.is_interactive)):
            return
        try:
            await hub.sign_in()
        except SecondFactorRequired as error:
            if "code" in self.request.arguments or not prompter.is_interactive:
                return
            output.write_stderr(error.what)
            code = prompter.prompt_for_secret("One-time code (Enter to go on without)")
            if completes:
                self.request.arguments["code"] = code
            elif code:
                await self._complete_2fa_login(hub, code)
        except HubError:
            return  # the call will say so

    @staticmethod
    async def _complete_2fa_login(hub: Hub, code: str) -> None:
        try:
            await hub.send(Complete2FALogin(code=code))
        except HubError as error:
            output.write_stderr(hub.redact(error_text(error)))

    def _report_usage_error(self, message: str) -> int:
        output.write_stderr(message)
        for hint in self.request.hints:
            output.write_stderr(hint)
        output.write_stderr(f"See: dockerhub-mcp call {self.request.tool} --help")
        return EXIT_USAGE

    def _print_result(self, result: ToolResult) -> int:
        if result.is_error:
            output.write_stderr(result.text)
            return EXIT_REFUSED
        if self.request.output == "text":
            return EXIT_OK if output.write_stdout(f"{result.text}\n") else EXIT_REFUSED
        for line in _find_server_notes(result):
            output.write_stderr(line)
        data = _add_secret_to_data(result)
        if self.request.output == "json":
            return EXIT_OK if output.write_stdout(output.format_json(data)) else EXIT_REFUSED
        arrived = output.write_blocks(build_blocks(data))
        if where := format_pagination_hint(data):
            output.write_stderr(where)
        return EXIT_OK if arrived else EXIT_REFUSED


def _find_server_notes(result: ToolResult) -> list[str]:
    """Return what the server says beside the data: lines that no text of a stranger can begin like."""
    return [line for line in result.text.split("\n") if _SERVER_NOTE.fullmatch(line)]


def _add_secret_to_data(result: ToolResult) -> dict[str, Any]:
    """Return the data, with a new secret in it that a person agreed to see; agents read it in the text."""
    data = {"message": result.text} if result.structured_content is None else result.structured_content
    return {**data, "token": result.secret_line.rpartition(" ")[2]} if result.secret_line else data
