"""Run the commands of the program.

Each command imports what it needs when it runs: hosts start the server with every conversation and wait for
its first response.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from dockerhub_mcp import config
from dockerhub_mcp.bootstrap.garbage_collector import enable_garbage_collector
from dockerhub_mcp.bootstrap.message_redaction import create_message_redactor
from dockerhub_mcp.bootstrap.validate import check_tools, load_valid_settings, validate
from dockerhub_mcp.cli.process import (
    accept_interrupts,
    end_with_hanging_threads,
    find_stdio_problem,
    reopen_closed_streams,
)
from dockerhub_mcp.cli.streams import supports_colour, write_text

USAGE_ERROR = 2
INTERRUPTED = 130


class Invocation(NamedTuple):
    """The options, environment and standard streams that a command runs with.

    Attributes:
        stdio_problem: Why no host can be connected to descriptors 0 and 1; empty if one can.
    """

    options: dict[str, Any]
    environment: Mapping[str, str]
    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    stdio_problem: str = ""


def main(
    argv: Sequence[str] | None = None,
    env: Mapping[str, str] | None = None,
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
) -> int:
    """Run a command and return its exit code.

    Arguments that are not given are the process's own. Serving over stdio always uses descriptors 0 and 1.

    Args:
        argv: The arguments, without the program's name.
        env: The environment variables.
        stdin: Where answers to prompts and arguments are read.
        stdout: Where results are written.
        stderr: Where errors and log lines are written.
    """
    if os.getpid() == 1:  # the kernel drops signals that a container's first process does not handle
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: os._exit(0))
    if argv is not None:
        return _run(argv, env, stdin, stdout, stderr)
    stdio_problem = find_stdio_problem()
    reopen_closed_streams()
    accept_interrupts()
    config.skip_pydantic_plugins()
    exit_code = _run(sys.argv[1:], env, stdin, stdout, stderr, stdio_problem=stdio_problem)
    end_with_hanging_threads(exit_code)
    return exit_code


def _run(
    argv: Sequence[str],
    env: Mapping[str, str] | None,
    stdin: TextIO | None,
    stdout: TextIO | None,
    stderr: TextIO | None,
    *,
    stdio_problem: str = "",
) -> int:
    stdout, stderr = stdout or sys.stdout, stderr or sys.stderr
    environment = config.read_environment() if env is None else env
    options: dict[str, Any] = {}
    if argv:  # hosts often pass none, and wait while a parser is loaded and built
        from dockerhub_mcp.cli.parser import build_parser  # noqa: PLC0415

        try:
            parser = build_parser(argv, stdout=stdout, stderr=stderr, environment=environment)
            options = vars(parser.parse_args(argv))
        except SystemExit as exit_request:  # after --help, --version or an error
            return int(exit_request.code or 0)
    command = options.pop("command", None) or "serve"
    if command != "serve":  # which enables it when all is loaded
        enable_garbage_collector()
    run_command = _COMMAND_RUNNERS[command]
    try:
        return run_command(
            Invocation(options, environment, stdin or sys.stdin, stdout, stderr, stdio_problem)
        )
    except config.SettingsError as error:
        redact = create_message_redactor(environment)
        stderr.writelines(f"dockerhub-mcp: {redact(message)}\n" for message in error.messages)
        return USAGE_ERROR
    except KeyboardInterrupt:
        return INTERRUPTED


def _run_serve(invocation: Invocation) -> int:
    environment = invocation.environment
    settings = load_valid_settings(invocation.options, environment, validate)
    if settings.transport == "stdio":
        if invocation.stdio_problem:
            raise config.SettingsError(invocation.stdio_problem)
        from dockerhub_mcp.bootstrap.stdio import serve_stdio  # noqa: PLC0415

        return serve_stdio(settings, environment, log_stream=invocation.stderr)
    from dockerhub_mcp.bootstrap.garbage_collector import tune_garbage_collector  # noqa: PLC0415
    from dockerhub_mcp.bootstrap.http import serve_http  # noqa: PLC0415

    tune_garbage_collector()
    return serve_http(settings, environment, log_stream=invocation.stderr)


def _run_demo(invocation: Invocation) -> int:
    import anyio  # noqa: PLC0415

    from dockerhub_mcp.cli.demo import run_demo  # noqa: PLC0415

    stdout = invocation.stdout
    use_colour = not invocation.options["plain"] and supports_colour(stdout, invocation.environment)
    return anyio.run(run_demo, partial(write_text, stdout), use_colour)


def _run_sandbox(invocation: Invocation) -> int:
    from dockerhub_mcp.sandbox import Sandbox, serve  # noqa: PLC0415

    sandbox = Sandbox()
    host, port = invocation.options["host"], invocation.options["port"]

    def print_banner(url: str) -> None:
        identities = "\n".join(
            f"  {name:17} {identity.username:9} {identity.secret:26} {identity.note}"
            for name, identity in sandbox.identities.items()
        )
        invocation.stderr.write(
            f"A Docker Hub with sample data listens at {url}\n"
            f"Point any client of the Hub API at it, this one with DOCKERHUB_API_URL={url} and\n"
            f"DOCKERHUB_REGISTRY_URL={url}, where it serves the registry as well.\n"
            f"Identities to sign in as (name, user name, secret):\n{identities}\nStop it with Ctrl-C.\n"
        )

    try:
        serve(sandbox, host=host, port=port, on_ready=print_banner)
    except (OSError, ValueError, OverflowError) as error:
        msg = f"the sandbox cannot listen on {host}:{port}: {error}"
        raise config.SettingsError(msg) from None
    return 0


def _run_tools(invocation: Invocation) -> int:
    from dockerhub_mcp.tools.catalog.tool_table import build_rows, render_markdown, render_text  # noqa: PLC0415

    options = invocation.options
    if options["markdown"]:
        write_text(invocation.stdout, render_markdown(build_rows()))
        return 0
    from dockerhub_mcp.bootstrap.hubs import build_registry  # noqa: PLC0415

    registry = build_registry(load_valid_settings(options, invocation.environment, check_tools))
    if options["tokens"]:
        from dockerhub_mcp.tools.catalog import token_cost  # noqa: PLC0415

        write_text(invocation.stdout, token_cost.render_text(token_cost.build_rows(registry)))
    else:
        write_text(invocation.stdout, render_text(build_rows(registry)))
    return 0


def _run_call(invocation: Invocation) -> int:
    from dockerhub_mcp.cli.call.command import run_call  # noqa: PLC0415
    from dockerhub_mcp.cli.call.console import Console  # noqa: PLC0415

    console = Console(invocation.stdin, invocation.stdout, invocation.stderr, invocation.environment)
    return run_call(invocation.options.pop("words"), invocation.options, console)


def _run_cleanup(invocation: Invocation) -> int:
    from dockerhub_mcp.cli.call.console import Console  # noqa: PLC0415
    from dockerhub_mcp.cli.cleanup.command import run_cleanup  # noqa: PLC0415

    console = Console(invocation.stdin, invocation.stdout, invocation.stderr, invocation.environment)
    return run_cleanup(invocation.options, console)


def _run_skills(invocation: Invocation) -> int:
    from dockerhub_mcp.cli.skills import list_skills, write_skills  # noqa: PLC0415

    target: Path | None = invocation.options["to"]
    if target is None:
        write_text(invocation.stdout, list_skills())
        return 0
    return write_skills(target, invocation.stdout, invocation.stderr)


def _run_completion(invocation: Invocation) -> int:
    from dockerhub_mcp.cli.completion import build_completion_script  # noqa: PLC0415
    from dockerhub_mcp.cli.parser import build_parser  # noqa: PLC0415
    from dockerhub_mcp.server.plain.prebuilt import RESPONSES_PATH  # noqa: PLC0415

    snapshot = RESPONSES_PATH.read_text("utf-8")
    write_text(
        invocation.stdout, build_completion_script(invocation.options["shell"], build_parser(), snapshot)
    )
    return 0


def _run_schemas(invocation: Invocation) -> int:
    from dockerhub_mcp.server.plain.prebuilt import RESPONSES_PATH  # noqa: PLC0415
    from dockerhub_mcp.server.plain.responses_snapshot import build_snapshot  # noqa: PLC0415
    from dockerhub_mcp.tools.catalog.snapshots import find_differences, write_snapshots  # noqa: PLC0415

    directory: Path = invocation.options["dir"]
    snapshot = build_snapshot()
    is_current = RESPONSES_PATH.exists() and RESPONSES_PATH.read_text("utf-8") == snapshot
    if not invocation.options["check"]:
        changes = write_snapshots(directory)
        if not is_current:
            RESPONSES_PATH.write_text(snapshot, "utf-8")
            changes.append(f"wrote {RESPONSES_PATH}")
        invocation.stderr.writelines(f"{change}\n" for change in changes)
        return 0
    differences = find_differences(directory) + ([] if is_current else [f"differs: {RESPONSES_PATH}"])
    if not differences:
        return 0
    invocation.stderr.writelines(f"{line}\n" for line in (*differences, "Run: dockerhub-mcp schemas"))
    return 1


def _run_install(invocation: Invocation) -> int:
    from dockerhub_mcp.install.command import run_install_command  # noqa: PLC0415

    # The host starts the server later, in an environment of its own.
    settings = load_valid_settings(invocation.options, {}, check_tools)
    return run_install_command(
        invocation.options,
        settings,
        invocation.environment,
        stdin=invocation.stdin,
        stdout=invocation.stdout,
        stderr=invocation.stderr,
    )


def _run_health(invocation: Invocation) -> int:
    from dockerhub_mcp.cli.healthcheck import check_health  # noqa: PLC0415

    return check_health(invocation.options, invocation.environment, stderr=invocation.stderr)


def _run_doctor(invocation: Invocation) -> int:
    from dockerhub_mcp.doctor.command import run_doctor  # noqa: PLC0415

    stdout, environment = invocation.stdout, invocation.environment
    return run_doctor(
        invocation.options,
        environment,
        write=partial(write_text, stdout),
        use_colour=supports_colour(stdout, environment),
        log_stream=invocation.stderr,
    )


_COMMAND_RUNNERS: Mapping[str, Callable[[Invocation], int]] = {
    "serve": _run_serve,
    "demo": _run_demo,
    "sandbox": _run_sandbox,
    "tools": _run_tools,
    "call": _run_call,
    "cleanup": _run_cleanup,
    "skills": _run_skills,
    "completion": _run_completion,
    "schemas": _run_schemas,
    "install": _run_install,
    "health": _run_health,
    "doctor": _run_doctor,
}
