"""The options of `dockerhub-mcp call` itself, beside the arguments of tools: its own, and the server's."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from dockerhub_mcp.config import Settings, env_var_for, flag_for

OUTPUTS = ("text", "table", "json")

_ELSEWHERE = frozenset({"transport", "results", "cache_ttl"})  # they say nothing about a single call


@dataclass(frozen=True, slots=True)
class Option:
    """An option.

    Attributes:
        name: As in the settings, or the call's own.
        text: What it does.
        switch: Whether it takes no value.
        choices: The values that there are.
        metavar: What its value is called.
        short: The one-letter form, with its dash.
        variable: The environment variable that sets it, too.
    """

    name: str
    text: str
    switch: bool = False
    choices: tuple[str, ...] = ()
    metavar: str = ""
    short: str = ""
    variable: str = ""

    @property
    def flag(self) -> str:
        """The option as a person writes it."""
        return flag_for(self.name)

    @property
    def shown(self) -> str:
        """The option with what it takes, as help shows it."""
        if self.switch and self not in OWN:
            return f"--[no-]{self.flag[2:]}"
        value = "|".join(self.choices) or self.metavar
        flag = f"{self.short}, {self.flag}" if self.short else self.flag
        return flag if self.switch else f"{flag} {value}"


OWN = (
    Option(
        "output",
        "text: what the agent sees, to the letter; table: columns for people; json: the data, for jq",
        choices=OUTPUTS,
        short="-o",
    ),
    Option(
        "arguments",
        "arguments as an agent sends them: JSON, @ and a file, or - for standard input; options go over it",
        metavar="JSON",
    ),
    Option("yes", "say yes to what would be asked before something is lost", switch=True, short="-y"),
    Option("help", "show this; behind a tool's name, what the tool takes", switch=True, short="-h"),
)
"""The options of the call itself."""


def _of_the_server() -> tuple[Option, ...]:
    found = []
    for setting in dataclasses.fields(Settings):
        data = setting.metadata
        if "web" in data or setting.name in _ELSEWHERE:
            continue
        found.append(
            Option(
                setting.name,
                data["help"],
                switch=isinstance(setting.default, bool),
                choices=tuple(data.get("choices", ())),
                metavar=data.get("metavar", setting.name.upper()),
                variable=env_var_for(setting),
            )
        )
    return tuple(found)


SERVER = _of_the_server()
"""The options of the server that matter to a call."""

ALL = {option.name: option for option in (*OWN, *SERVER)}
SHORT = {option.short: option for option in OWN if option.short}
