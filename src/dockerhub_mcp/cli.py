"""The command line."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockerhub_mcp import __version__, config

if TYPE_CHECKING:
    from dockerhub_mcp.config import Settings

WRONG_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code."""
    if os.getpid() == 1:  # as a container's only process: until somebody handles it, the kernel ignores this
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    parser = _parser()
    options = vars(parser.parse_args(arguments))
    command = options.pop("command", None) or "serve"
    try:
        return _COMMANDS[command](options)
    except config.SettingsError as error:
        sys.stderr.write(f"dockerhub-mcp: {error}\n")
        return WRONG_USAGE
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dockerhub-mcp",
        allow_abbrev=False,
        description="An MCP server that gives an AI agent the Docker Hub API. Without a command it serves "
        "one client over standard input and output, which is how MCP hosts start it; with "
        "--transport http it listens for many.",
        epilog="Secrets are read from DOCKERHUB_USERNAME and DOCKERHUB_TOKEN, or from the files that "
        "DOCKERHUB_USERNAME_FILE and DOCKERHUB_TOKEN_FILE name. In brackets: the environment variable.",
    )
    parser.add_argument("--version", action="version", version=f"dockerhub-mcp {__version__}")
    config.add_options(parser)
    commands = parser.add_subparsers(dest="command", metavar="command", title="commands")
    serve = commands.add_parser(
        "serve", help="serve over standard input and output, or over HTTP (the default)"
    )
    config.add_options(serve)
    demo = commands.add_parser("demo", help="watch a real MCP client use this server on the embedded Hub")
    demo.add_argument("--plain", action="store_true", help="no colour")
    sandbox = commands.add_parser("sandbox", help="serve the embedded Hub for any client of the Hub API")
    sandbox.add_argument("--host", default="127.0.0.1", help="address to listen on, of this machine only")
    sandbox.add_argument("--port", type=int, default=8080, help="port; 0 for a free one")
    tools = commands.add_parser("tools", help="show every tool, what it needs, and whether it is on")
    config.add_options(tools)
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
    commands.add_parser(
        "health", help="tell whether the HTTP server of this container is alive: exit code 0 or 1"
    )
    return parser


def _serve(options: dict[str, Any]) -> int:
    environment = config.environment()
    settings = config.load(options, environment)
    if settings.transport == "stdio":
        return _serve_stdio(settings, environment)
    from dockerhub_mcp.serving import serve_http  # noqa: PLC0415 - each command loads what it needs

    return serve_http(settings, environment)


def _serve_stdio(settings: Settings, environment: Mapping[str, str]) -> int:
    from dockerhub_mcp.server.early import answers_for, listen  # noqa: PLC0415

    answers = answers_for(settings, environment)
    heard = None if answers is None else listen(answers, _load)
    import anyio  # noqa: PLC0415

    from dockerhub_mcp.logs import set_up_logs  # noqa: PLC0415
    from dockerhub_mcp.wiring import Hubs, registry_of, writing_of  # noqa: PLC0415

    registry, writing = registry_of(settings), writing_of(settings)
    hubs = Hubs(settings, environment)
    hub = hubs.configured()
    set_up_logs(settings.log_level, as_json=settings.log_format == "json", redact=hub.redact)
    from dockerhub_mcp.server.app import Service, results_of  # noqa: PLC0415
    from dockerhub_mcp.server.run import serve_stdio  # noqa: PLC0415

    async def run() -> int:
        async with hubs:
            service = Service(hub, registry, writing)
            results = results_of(settings)
            return await serve_stdio(service, results=results, in_sandbox=settings.sandbox, heard=heard)

    return anyio.run(run)


def _load() -> None:
    """Load what serving needs, with the collector out of the way: nothing of it is garbage."""
    gc.disable()
    import dockerhub_mcp.server.run  # noqa: PLC0415
    import dockerhub_mcp.wiring  # noqa: F401, PLC0415

    gc.freeze()
    gc.enable()


def _demo(options: dict[str, Any]) -> int:
    import anyio  # noqa: PLC0415

    from dockerhub_mcp.server.demo import demonstrate  # noqa: PLC0415

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
    from dockerhub_mcp.tools.table import as_markdown, as_text, rows  # noqa: PLC0415

    if options["markdown"]:
        sys.stdout.write(as_markdown(rows()))
        return 0
    from dockerhub_mcp.wiring import registry_of  # noqa: PLC0415

    registry = registry_of(config.load(options, config.environment()))
    if options["tokens"]:
        from dockerhub_mcp.tools import menu  # noqa: PLC0415

        sys.stdout.write(menu.as_text(menu.rows(registry)))
        return 0
    sys.stdout.write(as_text(rows(registry)))
    return 0


def _call(options: dict[str, Any]) -> int:
    from dockerhub_mcp.terminal.call import run  # noqa: PLC0415

    return run(options.pop("words"), options)


def _completion(options: dict[str, Any]) -> int:
    from dockerhub_mcp.server.early import KEPT  # noqa: PLC0415
    from dockerhub_mcp.terminal.completion import script  # noqa: PLC0415

    sys.stdout.write(script(options["shell"], _parser(), KEPT.read_text("utf-8")))
    return 0


def _schemas(options: dict[str, Any]) -> int:
    from dockerhub_mcp.server.early import KEPT  # noqa: PLC0415
    from dockerhub_mcp.server.snapshot import made  # noqa: PLC0415
    from dockerhub_mcp.tools.published import differences, publish  # noqa: PLC0415

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


def _health(options: dict[str, Any]) -> int:
    from dockerhub_mcp.health import check  # noqa: PLC0415

    return check(options, lambda arguments: vars(_parser().parse_args(arguments)))


_COMMANDS = {
    "serve": _serve,
    "demo": _demo,
    "sandbox": _sandbox,
    "tools": _tools,
    "call": _call,
    "completion": _completion,
    "schemas": _schemas,
    "health": _health,
}

if __name__ == "__main__":
    sys.exit(main())
