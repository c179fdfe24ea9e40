"""`dockerhub-mcp call`: one tool call for a person, on the same road as an agent's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import anyio

from dockerhub_mcp import config
from dockerhub_mcp.bootstrap.hubs import Hubs, registry_of, writing_of
from dockerhub_mcp.cli.call import output
from dockerhub_mcp.cli.call.argv import Asked, WordsError, read_words
from dockerhub_mcp.cli.call.help import overview, tool_help
from dockerhub_mcp.cli.call.layout import blocks_of, where_in_list
from dockerhub_mcp.cli.call.progress import Progress
from dockerhub_mcp.cli.call.prompter import TO_BE_ASKED, Person
from dockerhub_mcp.config import Settings
from dockerhub_mcp.hub import Hub, HubError, Method
from dockerhub_mcp.hub.api.enums import Effect, Service
from dockerhub_mcp.hub.errors import SecondFactorRequired
from dockerhub_mcp.hub.methods import CATALOGUE, Complete2FALogin
from dockerhub_mcp.logs import set_up_logs
from dockerhub_mcp.tools.access import Access, Choice
from dockerhub_mcp.tools.cache import Reads
from dockerhub_mcp.tools.call import call_tool, understand
from dockerhub_mcp.tools.catalog.registry import GatedError, Registry, UnknownNameError
from dockerhub_mcp.tools.catalog.schema import input_schema
from dockerhub_mcp.tools.results.results import Outcome
from dockerhub_mcp.tools.results.sanitize import told
from dockerhub_mcp.tools.validation import ArgumentsError

DONE, REFUSED, WRONG_USAGE = 0, 1, 2

_METHODS = {method.tool: method for method in CATALOGUE}
_UNBOUNDED = 10_000_000  # bytes of a result that nobody has to pay for by the token
_REMARKS = re.compile(r"(?:Note: (?!\|)|PARTIAL, |CUT at |LEFT OUT ).*")


class _Schemas(Mapping[str, Mapping[str, Any]]):
    """The input schemas of all tools, each made when it is looked at."""

    def __getitem__(self, tool: str) -> Mapping[str, Any]:
        return input_schema(_METHODS[tool])

    def __iter__(self) -> Iterator[str]:
        return iter(_METHODS)

    def __len__(self) -> int:
        return len(_METHODS)


def run(words: Sequence[str], options: Mapping[str, Any]) -> int:
    """Carry out a call, or show help, and return the exit code.

    Args:
        words: What stands behind `call`.
        options: Options of the server that stood before it.

    Raises:
        SettingsError: An option or variable of the server cannot be used.
    """
    try:
        asked = read_words(words, _Schemas())
    except WordsError as error:
        output.say(f"dockerhub-mcp call: {error}")
        return WRONG_USAGE
    environment = config.environment()
    given = {**options, **asked.settings}
    settings = config.load(given, environment)
    registry = registry_of(settings)
    try:
        if asked.tool:
            registry.find(asked.tool)
    except UnknownNameError as error:
        output.say(f"dockerhub-mcp call: {error}")
        return WRONG_USAGE
    except GatedError:
        pass  # told in its turn, or in the help
    if asked.help or not asked.tool:
        return DONE if output.write(_help(asked.tool, settings)) else REFUSED
    settings = _for_a_person(settings, given, environment, as_text=asked.output == "text")
    return anyio.run(_Call(asked, settings, registry, environment).run)


def _help(tool: str, settings: Settings) -> str:
    choice = Choice(Access(settings.access), settings.toolsets, settings.tools, settings.exclude_tools)
    if tool:
        return tool_help(_METHODS[tool], choice, width=output.width())
    return overview(choice, width=output.width())


def _for_a_person(
    settings: Settings, given: Mapping[str, Any], environment: Mapping[str, str], *, as_text: bool
) -> Settings:
    """Set what is different for a person, where they did not choose it themselves.

    Only what goes wrong is logged. Data is whole, but the text is as an agent sees it, so it is cut as well.
    """
    chosen = {
        name
        for name in ("log_level", "max_result_bytes")
        if name in given or environment.get(f"DOCKERHUB_MCP_{name.upper()}", "").strip()
    }
    if "log_level" not in chosen:
        settings = replace(settings, log_level="error")
    if "max_result_bytes" not in chosen and not as_text:
        settings = replace(settings, max_result_bytes=_UNBOUNDED)
    return settings


@dataclass(slots=True)
class _Call:
    asked: Asked
    settings: Settings
    registry: Registry
    environment: Mapping[str, str]

    async def run(self) -> int:
        settings = self.settings
        writing = writing_of(settings)
        async with Hubs(settings, self.environment) as hubs:
            hub = hubs.configured()
            set_up_logs(settings.log_level, as_json=settings.log_format == "json", redact=hub.redact)
            person = Person(yes=self.asked.yes)
            try:
                method = self._ask_for_what_is_missing(person)
                await self._sign_in(hub, person, method, has_account=hubs.credentials is not None)
                understand(self.registry, self.asked.tool, self.asked.arguments)
            except (ArgumentsError, WordsError) as error:
                return self._tell_misuse(hub.redact(str(error)))
            except GatedError as error:
                output.say(hub.redact(str(error)))
                return REFUSED
            progress = Progress()
            try:
                outcome = await call_tool(
                    hub,
                    self.registry,
                    self.asked.tool,
                    self.asked.arguments,
                    walk_timeout=settings.walk_timeout,
                    report=progress,
                    writing=replace(writing, ask=person, to_be_asked=TO_BE_ASKED),
                    room=settings.max_result_bytes,
                    reads=Reads(settings.cache_ttl),
                    with_data=self.asked.output != "text",
                )
            finally:
                progress.close()
            code = self._show(outcome)
            if isinstance(hub.trouble, SecondFactorRequired) and not person.is_there:
                output.say("At a terminal you are asked for the code.")
        return code

    def _ask_for_what_is_missing(self, person: Person) -> type[Method[Any]]:
        """Ask for secrets; what was given must fit before anybody is bothered or signed in.

        Raises:
            WordsError: There is nobody to ask.
        """
        asked = self.asked
        method = self.registry.find(asked.tool)
        for argument in asked.hidden:
            if not person.is_there:
                msg = (
                    f"{argument.flag} is asked for at a terminal, and this is none; send the arguments with "
                    "--arguments @FILE or -"
                )
                raise WordsError(msg)
            asked.arguments[argument.name] = person.tell_unseen(argument.name)
        if method is not Complete2FALogin or "code" in asked.arguments or not person.is_there:
            understand(self.registry, asked.tool, asked.arguments)
        return method

    async def _sign_in(
        self, hub: Hub, person: Person, method: type[Method[Any]], *, has_account: bool
    ) -> None:
        """Sign in where that may take a code, which only the program that asked the Hub for it can use."""
        completes = method is Complete2FALogin
        is_about_it = method.effect is not Effect.SIGN_IN and method.service is not Service.SCIM
        if not has_account or not (completes or (is_about_it and person.is_there)):
            return
        try:
            await hub.sign_in()
        except SecondFactorRequired as error:
            if "code" in self.asked.arguments or not person.is_there:
                return
            output.say(error.what)
            code = person.tell_unseen("One-time code (Enter to go on without)")
            if completes:
                self.asked.arguments["code"] = code
            elif code:
                await self._complete(hub, code)
        except HubError:
            return  # the call will say so

    @staticmethod
    async def _complete(hub: Hub, code: str) -> None:
        try:
            await hub.send(Complete2FALogin(code=code))
        except HubError as error:
            output.say(hub.redact(told(error)))

    def _tell_misuse(self, text: str) -> int:
        output.say(text)
        for hint in self.asked.hints:
            output.say(hint)
        output.say(f"See: dockerhub-mcp call {self.asked.tool} --help")
        return WRONG_USAGE

    def _show(self, outcome: Outcome) -> int:
        if outcome.is_error:
            output.say(outcome.text)
            return REFUSED
        if self.asked.output == "text":
            return DONE if output.write(f"{outcome.text}\n") else REFUSED
        for line in _remarks(outcome):
            output.say(line)
        data = _with_secret(outcome)
        if self.asked.output == "json":
            return DONE if output.write(output.as_json(data)) else REFUSED
        arrived = output.write_blocks(blocks_of(data))
        if where := where_in_list(data):
            output.say(where)
        return DONE if arrived else REFUSED


def _remarks(outcome: Outcome) -> list[str]:
    """Return what the server says beside the data: lines that no text of a stranger can begin like."""
    return [line for line in outcome.text.split("\n") if _REMARKS.fullmatch(line)]


def _with_secret(outcome: Outcome) -> dict[str, Any]:
    """Return the data, with a new secret in it that a person agreed to see; agents read it in the text."""
    data = {"message": outcome.text} if outcome.data is None else outcome.data
    return {**data, "token": outcome.secret.rpartition(" ")[2]} if outcome.secret else data
