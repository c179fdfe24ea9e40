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
from dockerhub_mcp.cli.parser import CommandLineParser

if TYPE_CHECKING:
    from dockerhub_mcp.config import Settings

USAGE_ERROR = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code."""
    if os.getpid() == 1:  # as a container's only process: until somebody handles it, the kernel ignores this
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    words = sys.argv[1:] if argv is None else argv
    options = vars(_build_parser(words).parse_args(words))
    command = options.pop("command", None) or "serve"
    try:
        return _COMMAND_RUNNERS[command](options)
    except config.SettingsError as error:
        sys.stderr.write(f"dockerhub-mcp: {error}\n")
        return USAGE_ERROR
    except KeyboardInterrupt:
        return 130


def _build_parser(argv: Sequence[str] | None = None) -> CommandLineParser:
    """Make the parser; where the words to be read are known, the settings only of a command among them."""

    def add_settings_options(command: str) -> None:
        if argv is None or command in argv:  # a host waits while they are made
            config.add_options(commands.choices[command])

    parser = CommandLineParser(
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
    add_settings_options("serve")
    demo = commands.add_parser("demo", help="watch a real MCP client use this server on the embedded Hub")
    demo.add_argument("--plain", action="store_true", help="no colour")
    sandbox = commands.add_parser("sandbox", help="serve the embedded Hub for any client of the Hub API")
    sandbox.add_argument("--host", default="127.0.0.1", help="address to listen on, of this machine only")
    sandbox.add_argument("--port", type=int, default=8080, help="port; 0 for a free one")
    tools = commands.add_parser("tools", help="show every tool, what it needs, and whether it is on")
    add_settings_options("tools")
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
    add_settings_options("doctor")
    doctor.add_argument("--json", action="store_true", help="one JSON object, for programs")
    install = commands.add_parser(
        "install", help="add this server to a host, such as VS Code, or take it back"
    )
    if "install" in (argv or ()):  # nobody else waits for its options
        from dockerhub_mcp.install import command as installing  # noqa: PLC0415

        installing.add_options(install)
    commands.add_parser(
        "health", help="tell whether the HTTP server of this container is alive: exit code 0 or 1"
    )
    return parser


def _run_serve(options: dict[str, Any]) -> int:
    environment = config.read_environment()
    settings = config.load_settings(options, environment)
    if settings.transport == "stdio":
        return _serve_stdio(settings, environment)
    from dockerhub_mcp.bootstrap.http import serve_http  # noqa: PLC0415 - each command loads what it needs

    _tune_garbage_collector()
    return serve_http(settings, environment)


def _serve_stdio(settings: Settings, environment: Mapping[str, str]) -> int:
    from dockerhub_mcp.server.stdio.fast_start import load_prebuilt_responses, respond_while_loading  # noqa: PLC0415
    from dockerhub_mcp.server.telemetry.otel_config import (  # noqa: PLC0415
        attach_telemetry,
        read_exporters,
        select_installed_exporters,
    )

    exporters = read_exporters(environment)
    answers = load_prebuilt_responses(settings, environment)
    heard = (
        None
        if answers is None
        else respond_while_loading(answers, partial(_preload_server, tracing=bool(exporters)))
    )
    del answers  # the texts of the tools, which the SDK has now, too
    import anyio  # noqa: PLC0415

    from dockerhub_mcp.bootstrap.hubs import HubFactory, build_mutation_policy, build_registry  # noqa: PLC0415
    from dockerhub_mcp.logs import configure_logging  # noqa: PLC0415
    from dockerhub_mcp.server.telemetry.instrumentation import Observers  # noqa: PLC0415

    registry, writing = build_registry(settings), build_mutation_policy(settings)
    observers = Observers()
    hubs = HubFactory(settings, environment, on_attempt=observers.on_attempt if exporters else None)
    hub = hubs.create_hub()
    configure_logging(settings.log_level, as_json=settings.log_format == "json", redact=hub.redact)
    from dockerhub_mcp.server.factory import RequestContext, build_result_options  # noqa: PLC0415
    from dockerhub_mcp.server.stdio.run import serve_stdio  # noqa: PLC0415

    async def run_server() -> int:
        async with hubs:
            service = RequestContext(hub, registry, writing)
            return await serve_stdio(
                service,
                result_options=build_result_options(settings),
                in_sandbox=settings.sandbox,
                startup_input=heard,
                observers=observers,
            )

    with attach_telemetry(select_installed_exporters(exporters), observers):
        return anyio.run(run_server)


def _preload_server(*, tracing: bool = False) -> None:
    """Load what serving needs, with the collector out of the way: nothing of it is garbage."""
    gc.collect()  # the parser, in whose place the rest is put
    gc.disable()
    import dockerhub_mcp.bootstrap.hubs  # noqa: PLC0415
    import dockerhub_mcp.server.stdio.run  # noqa: PLC0415

    if tracing:
        with suppress(ImportError):
            import dockerhub_mcp.server.telemetry.otel  # noqa: F401, PLC0415

    _tune_garbage_collector()
    gc.enable()


def _tune_garbage_collector() -> None:
    """Leave what was loaded out of it, and have it look seldom: a page of tags makes thousands of things."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def _run_demo(options: dict[str, Any]) -> int:
    import anyio  # noqa: PLC0415

    from dockerhub_mcp.cli.demo import run_demo  # noqa: PLC0415

    return anyio.run(run_demo, options.get("plain", False))


def _run_sandbox(options: dict[str, Any]) -> int:
    from dockerhub_mcp.sandbox import Sandbox, serve  # noqa: PLC0415

    sandbox = Sandbox()

    def print_banner(url: str) -> None:
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
        serve(sandbox, host=options["host"], port=options["port"], on_ready=print_banner)
    except (OSError, ValueError, OverflowError) as error:
        msg = f"the sandbox cannot listen on {options['host']}:{options['port']}: {error}"
        raise config.SettingsError(msg) from None
    return 0


def _run_tools(options: dict[str, Any]) -> int:
    from dockerhub_mcp.tools.catalog.tool_table import build_rows, render_markdown, render_text  # noqa: PLC0415

    if options["markdown"]:
        sys.stdout.write(render_markdown(build_rows()))
        return 0
    from dockerhub_mcp.bootstrap.hubs import build_registry  # noqa: PLC0415

    registry = build_registry(config.load_settings(options, config.read_environment()))
    if options["tokens"]:
        from dockerhub_mcp.tools.catalog import token_cost  # noqa: PLC0415

        sys.stdout.write(token_cost.render_text(token_cost.build_rows(registry)))
        return 0
    sys.stdout.write(render_text(build_rows(registry)))
    return 0


def _run_call(options: dict[str, Any]) -> int:
    from dockerhub_mcp.cli.call.command import run_call  # noqa: PLC0415
    from dockerhub_mcp.cli.call.console import Console  # noqa: PLC0415

    console = Console(sys.stdin, sys.stdout, sys.stderr, config.read_environment())
    return run_call(options.pop("words"), options, console)


def _run_completion(options: dict[str, Any]) -> int:
    from dockerhub_mcp.cli.call.completion import build_completion_script  # noqa: PLC0415
    from dockerhub_mcp.server.stdio.fast_start import SNAPSHOT_PATH  # noqa: PLC0415

    snapshot = SNAPSHOT_PATH.read_text("utf-8")
    sys.stdout.write(build_completion_script(options["shell"], _build_parser(), snapshot))
    return 0


def _run_schemas(options: dict[str, Any]) -> int:
    from dockerhub_mcp.server.stdio.fast_start import SNAPSHOT_PATH  # noqa: PLC0415
    from dockerhub_mcp.server.stdio.fast_start_snapshot import build_snapshot  # noqa: PLC0415
    from dockerhub_mcp.tools.catalog.snapshots import find_differences, write_snapshots  # noqa: PLC0415

    directory: Path = options["dir"]
    answers = build_snapshot()
    is_current = SNAPSHOT_PATH.exists() and SNAPSHOT_PATH.read_text("utf-8") == answers
    if not options["check"]:
        changes = write_snapshots(directory)
        if not is_current:
            SNAPSHOT_PATH.write_text(answers, "utf-8")
            changes.append(f"wrote {SNAPSHOT_PATH}")
        for change in changes:
            sys.stderr.write(f"{change}\n")
        return 0
    found = find_differences(directory) + ([] if is_current else [f"differs: {SNAPSHOT_PATH}"])
    for difference in found:
        sys.stderr.write(f"{difference}\n")
    if found:
        sys.stderr.write("Run: dockerhub-mcp schemas\n")
    return 1 if found else 0


def _run_install(options: dict[str, Any]) -> int:
    from dockerhub_mcp.install.command import run_install_command  # noqa: PLC0415

    settings = config.load_settings(options, {})
    if settings.tools or settings.toolsets or settings.exclude_tools:
        from dockerhub_mcp.bootstrap.hubs import build_registry  # noqa: PLC0415

        build_registry(settings)  # which refuses names that do not exist
    return run_install_command(options, settings, config.read_environment())


def _run_health(options: dict[str, Any]) -> int:
    from dockerhub_mcp.cli.healthcheck import check_health  # noqa: PLC0415

    return check_health(options, lambda arguments: vars(_build_parser().parse_args(arguments)))


def _run_doctor(options: dict[str, Any]) -> int:
    from dockerhub_mcp.doctor.command import run_doctor  # noqa: PLC0415

    return run_doctor(options, config.read_environment())


_COMMAND_RUNNERS = {
    "serve": _run_serve,
    "demo": _run_demo,
    "sandbox": _run_sandbox,
    "tools": _run_tools,
    "call": _run_call,
    "completion": _run_completion,
    "schemas": _run_schemas,
    "install": _run_install,
    "health": _run_health,
    "doctor": _run_doctor,
}

if __name__ == "__main__":
    sys.exit(main())
