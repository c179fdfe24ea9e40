"""The command line."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockerhub_mcp import __version__, config
from dockerhub_mcp.cli.parser import Parser

if TYPE_CHECKING:
    from dockerhub_mcp.config import Settings

WRONG_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code."""
    if os.getpid() == 1:  # as a container's only process: until somebody handles it, the kernel ignores this
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    words = sys.argv[1:] if arguments is None else arguments
    options = vars(_parser(words).parse_args(words))
    command = options.pop("command", None) or "serve"
    try:
        return _COMMANDS[command](options)
    except config.SettingsError as error:
        sys.stderr.write(f"dockerhub-mcp: {error}\n")
        return WRONG_USAGE
    except KeyboardInterrupt:
        return 130


def _parser(words: Sequence[str] | None = None) -> Parser:
    """Make the parser; where the words to be read are known, the settings only of a command among them."""

    def add_settings(command: str) -> None:
        if words is None or command in words:  # a host waits while they are made
            config.add_options(commands.choices[command])

    parser = Parser(
        prog="dockerhub-mcp",
        description="An MCP server that gives an AI agent the Docker Hub API. Without a command it serves "
        "one client over standard input and output, which is how MCP hosts start it; with "
        "--transport http it listens for many.",
        epilog="Secrets are read from DOCKERHUB_USERNAME and DOCKERHUB_TOKEN, or from the files that "
        "DOCKERHUB_USERNAME_FILE and DOCKERHUB_TOKEN_FILE name. In brackets: the environment variable.",
    )
    parser.add_argument("--version", action="version", version=f"dockerhub-mcp {__version__}")
    config.add_options(parser)
    commands = parser.add_subparsers(dest="command", metavar="command", title="commands")
    parser.commands = commands.choices
    commands.add_parser("serve", help="serve over standard input and output, or over HTTP (the default)")
    add_settings("serve")
    demo = commands.add_parser("demo", help="watch a real MCP client use this server on the embedded Hub")
    demo.add_argument("--plain", action="store_true", help="no colour")
    sandbox = commands.add_parser("sandbox", help="serve the embedded Hub for any client of the Hub API")
    sandbox.add_argument("--host", default="127.0.0.1", help="address to listen on, of this machine only")
    sandbox.add_argument("--port", type=int, default=8080, help="port; 0 for a free one")
    tools = commands.add_parser("tools", help="show every tool, what it needs, and whether it is on")
    add_settings("tools")
    form = tools.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="as the table in README.md")
    form.add_argument("--tokens", action="store_true", help="what each costs a model to know, and the sum")
    call = commands.add_parser(
        "call",
        help="call one tool from the shell, as an agent would",
        add_help=False,
        prefix_chars="\0",  # its options depend on the tool, so none is read here
    )
    call.add_argument("words", nargs=argparse.REMAINDER)
    completion = commands.add_parser("completion", help="print the script that completes words in a shell")
    completion.add_argument("shell", choices=("bash", "zsh", "fish"))
    schemas = commands.add_parser("schemas", help="write or check the published tool schemas")
    schemas.add_argument("--dir", type=Path, default=Path("tool_schemas"), help="where they are")
    schemas.add_argument("--check", action="store_true", help="change nothing; fail where they differ")
    doctor = commands.add_parser(
        "doctor",
        help="say who you are on the Hub, what works and what does not: exit code 0 or 1",
        description="Looks at the settings, the way to the Hub, the account and the tools, with the options "
        "of `serve`. It signs in once and changes nothing. Exit code: 0 where nothing is wrong, 1 where "
        "something is, 2 for options that cannot be read.",
    )
    add_settings("doctor")
    doctor.add_argument("--json", action="store_true", help="one JSON object, for programs")
    install = commands.add_parser(
        "install", help="add this server to a host, such as VS Code, or take it back"
    )
    if "install" in (words or ()):  # nobody else waits for its options
        from dockerhub_mcp.install import command as installing  # noqa: PLC0415

        installing.add_options(install)
    commands.add_parser(
        "health", help="tell whether the HTTP server of this container is alive: exit code 0 or 1"
    )
    return parser


def _serve(options: dict[str, Any]) -> int:
    environment = config.environment()
    settings = config.load(options, environment)
    if settings.transport == "stdio":
        return _serve_stdio(settings, environment)
    from dockerhub_mcp.bootstrap.http import serve_http  # noqa: PLC0415 - each command loads what it needs

    _calm_the_collector()
    return serve_http(settings, environment)


def _serve_stdio(settings: Settings, environment: Mapping[str, str]) -> int:
    from dockerhub_mcp.server.stdio.fast_start import answers_for, listen  # noqa: PLC0415
    from dockerhub_mcp.server.telemetry.otel_config import exporters_of, usable, watching  # noqa: PLC0415

    exporters = exporters_of(environment)
    answers = answers_for(settings, environment)
    heard = None if answers is None else listen(answers, partial(_load, tracing=bool(exporters)))
    del answers  # the texts of the tools, which the SDK has now, too
    import anyio  # noqa: PLC0415

    from dockerhub_mcp.bootstrap.hubs import Hubs, registry_of, writing_of  # noqa: PLC0415
    from dockerhub_mcp.logs import set_up_logs  # noqa: PLC0415
    from dockerhub_mcp.server.telemetry.instrumentation import Observers  # noqa: PLC0415

    registry, writing = registry_of(settings), writing_of(settings)
    observers = Observers()
    hubs = Hubs(settings, environment, observe=observers.attempted if exporters else None)
    hub = hubs.configured()
    set_up_logs(settings.log_level, as_json=settings.log_format == "json", redact=hub.redact)
    from dockerhub_mcp.server.factory import Service, results_of  # noqa: PLC0415
    from dockerhub_mcp.server.stdio.run import serve_stdio  # noqa: PLC0415

    async def run() -> int:
        async with hubs:
            service = Service(hub, registry, writing)
            return await serve_stdio(
                service,
                results=results_of(settings),
                in_sandbox=settings.sandbox,
                heard=heard,
                observers=observers,
            )

    with watching(usable(exporters), observers):
        return anyio.run(run)


def _load(*, tracing: bool = False) -> None:
    """Load what serving needs, with the collector out of the way: nothing of it is garbage."""
    gc.collect()  # the parser, in whose place the rest is put
    gc.disable()
    import dockerhub_mcp.bootstrap.hubs  # noqa: PLC0415
    import dockerhub_mcp.server.stdio.run  # noqa: PLC0415

    if tracing:
        with suppress(ImportError):
            import dockerhub_mcp.server.telemetry.otel  # noqa: F401, PLC0415

    _calm_the_collector()
    gc.enable()


def _calm_the_collector() -> None:
    """Leave what was loaded out of it, and have it look seldom: a page of tags makes thousands of things."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def _demo(options: dict[str, Any]) -> int:
    import anyio  # noqa: PLC0415

    from dockerhub_mcp.cli.demo import demonstrate  # noqa: PLC0415

    return anyio.run(demonstrate, options.get("plain", False))


def _sandbox(options: dict[str, Any]) -> int:
    from dockerhub_mcp.sandbox import Sandbox, serve  # noqa: PLC0415

    sandbox = Sandbox()

    def announce(url: str) -> None:
        who = "\n".join(
            f"  {name:17} {identity.username:9} {identity.secret:26} {identity.note}"
            for name, identity in sandbox.identities.items()
        )
        sys.stderr.write(
            f"A Docker Hub with sample data listens at {url}\n"
            f"Point any client of the Hub API at it, this one with DOCKERHUB_API_URL={url}\n"
            f"Whom to be (user name, secret):\n{who}\nStop it with Ctrl-C.\n"
        )

    try:
        serve(sandbox, host=options["host"], port=options["port"], on_ready=announce)
    except (OSError, ValueError, OverflowError) as error:
        msg = f"the sandbox cannot listen on {options['host']}:{options['port']}: {error}"
        raise config.SettingsError(msg) from None
    return 0


def _tools(options: dict[str, Any]) -> int:
    from dockerhub_mcp.tools.catalog.tool_table import as_markdown, as_text, rows  # noqa: PLC0415

    if options["markdown"]:
        sys.stdout.write(as_markdown(rows()))
        return 0
    from dockerhub_mcp.bootstrap.hubs import registry_of  # noqa: PLC0415

    registry = registry_of(config.load(options, config.environment()))
    if options["tokens"]:
        from dockerhub_mcp.tools.catalog import token_cost  # noqa: PLC0415

        sys.stdout.write(token_cost.as_text(token_cost.rows(registry)))
        return 0
    sys.stdout.write(as_text(rows(registry)))
    return 0


def _call(options: dict[str, Any]) -> int:
    from dockerhub_mcp.cli.call.command import run  # noqa: PLC0415

    return run(options.pop("words"), options)


def _completion(options: dict[str, Any]) -> int:
    from dockerhub_mcp.cli.call.completion import script  # noqa: PLC0415
    from dockerhub_mcp.server.stdio.fast_start import KEPT  # noqa: PLC0415

    sys.stdout.write(script(options["shell"], _parser(), KEPT.read_text("utf-8")))
    return 0


def _schemas(options: dict[str, Any]) -> int:
    from dockerhub_mcp.server.stdio.fast_start import KEPT  # noqa: PLC0415
    from dockerhub_mcp.server.stdio.fast_start_snapshot import made  # noqa: PLC0415
    from dockerhub_mcp.tools.catalog.snapshots import differences, publish  # noqa: PLC0415

    directory: Path = options["dir"]
    answers = made()
    is_current = KEPT.exists() and KEPT.read_text("utf-8") == answers
    if not options["check"]:
        changes = publish(directory)
        if not is_current:
            KEPT.write_text(answers, "utf-8")
            changes.append(f"wrote {KEPT}")
        for change in changes:
            sys.stderr.write(f"{change}\n")
        return 0
    found = differences(directory) + ([] if is_current else [f"differs: {KEPT}"])
    for difference in found:
        sys.stderr.write(f"{difference}\n")
    if found:
        sys.stderr.write("Run: dockerhub-mcp schemas\n")
    return 1 if found else 0


def _install(options: dict[str, Any]) -> int:
    from dockerhub_mcp.install.command import run_here  # noqa: PLC0415

    settings = config.load(options, {})
    if settings.tools or settings.toolsets or settings.exclude_tools:
        from dockerhub_mcp.bootstrap.hubs import registry_of  # noqa: PLC0415

        registry_of(settings)  # which refuses names that do not exist
    return run_here(options, settings, config.environment())


def _health(options: dict[str, Any]) -> int:
    from dockerhub_mcp.cli.healthcheck import check  # noqa: PLC0415

    return check(options, lambda arguments: vars(_parser().parse_args(arguments)))


def _doctor(options: dict[str, Any]) -> int:
    from dockerhub_mcp.doctor.command import see_doctor  # noqa: PLC0415

    return see_doctor(options, config.environment())


_COMMANDS = {
    "serve": _serve,
    "demo": _demo,
    "sandbox": _sandbox,
    "tools": _tools,
    "call": _call,
    "completion": _completion,
    "schemas": _schemas,
    "install": _install,
    "health": _health,
    "doctor": _doctor,
}

if __name__ == "__main__":
    sys.exit(main())
