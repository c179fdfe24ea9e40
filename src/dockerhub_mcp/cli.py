"""The command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockerhub_mcp import __version__, config

if TYPE_CHECKING:
    from dockerhub_mcp.hub import Hub
    from dockerhub_mcp.tools.registry import Registry
    from dockerhub_mcp.tools.write import Writing

WRONG_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code."""
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
        "one client over standard input and output, which is how MCP hosts start it.",
        epilog="Secrets are read from DOCKERHUB_USERNAME and DOCKERHUB_TOKEN, or from the files that "
        "DOCKERHUB_USERNAME_FILE and DOCKERHUB_TOKEN_FILE name. In brackets: the environment variable.",
    )
    parser.add_argument("--version", action="version", version=f"dockerhub-mcp {__version__}")
    config.add_options(parser)
    commands = parser.add_subparsers(dest="command", metavar="command", title="commands")
    serve = commands.add_parser("serve", help="serve over standard input and output (the default)")
    config.add_options(serve)
    demo = commands.add_parser("demo", help="watch a real MCP client use this server on the embedded Hub")
    demo.add_argument("--plain", action="store_true", help="no colour")
    sandbox = commands.add_parser("sandbox", help="serve the embedded Hub for any client of the Hub API")
    sandbox.add_argument("--host", default="127.0.0.1", help="address to listen on, of this machine only")
    sandbox.add_argument("--port", type=int, default=8080, help="port; 0 for a free one")
    tools = commands.add_parser("tools", help="show every tool, what it needs, and whether it is on")
    config.add_options(tools)
    tools.add_argument("--markdown", action="store_true", help="as the table in README.md")
    schemas = commands.add_parser("schemas", help="write or check the published tool schemas")
    schemas.add_argument("--dir", type=Path, default=Path("tool_schemas"), help="where they are")
    schemas.add_argument("--check", action="store_true", help="change nothing; fail where they differ")
    return parser


def _serve(options: dict[str, Any]) -> int:
    import anyio  # noqa: PLC0415 - each command loads what it needs

    from dockerhub_mcp.logs import set_up_logs  # noqa: PLC0415

    settings = config.load(options, config.environment())
    registry = _registry(settings)
    hub = _hub(settings)
    writing = _writing(settings)
    set_up_logs(settings.log_level, as_json=settings.log_format == "json", redact=hub.redact)
    from dockerhub_mcp.server.app import Service  # noqa: PLC0415
    from dockerhub_mcp.server.run import serve_stdio  # noqa: PLC0415

    async def run() -> int:
        service = Service(hub, registry, writing)
        return await serve_stdio(service, walk_timeout=settings.walk_timeout, in_sandbox=settings.sandbox)

    return anyio.run(run)


def _registry(settings: config.Settings) -> Registry:
    from dockerhub_mcp.tools.gates import Access  # noqa: PLC0415
    from dockerhub_mcp.tools.registry import Registry, UnknownNameError  # noqa: PLC0415

    try:
        return Registry(
            access=Access(settings.access),
            toolsets=settings.toolsets,
            tools=settings.tools,
            exclude_tools=settings.exclude_tools,
        )
    except UnknownNameError as error:
        msg = f"--{error}"
        raise config.SettingsError(msg) from None


def _writing(settings: config.Settings) -> Writing:
    from dockerhub_mcp.tools.confirm import Confirm  # noqa: PLC0415
    from dockerhub_mcp.tools.journal import Journal  # noqa: PLC0415
    from dockerhub_mcp.tools.write import Writing  # noqa: PLC0415

    secrets_dir = Path(settings.secrets_dir).expanduser().resolve() if settings.secrets_dir else None
    if secrets_dir is not None and not secrets_dir.is_dir():
        msg = f"--secrets-dir names {secrets_dir}, which is no directory; make it first, for its owner only"
        raise config.SettingsError(msg)
    journal = None
    if settings.audit_log:
        try:
            journal = Journal(Path(settings.audit_log).expanduser().resolve())
        except OSError as error:
            msg = f"--audit-log names {settings.audit_log}, which cannot be written: {error.strerror}"
            raise config.SettingsError(msg) from None
    return Writing(confirm=Confirm(settings.confirm), secrets_dir=secrets_dir, journal=journal)


def _hub(settings: config.Settings) -> Hub:
    from dockerhub_mcp.hub import Hub, HubError  # noqa: PLC0415
    from dockerhub_mcp.hub.credentials import find, find_scim  # noqa: PLC0415

    limits: dict[str, Any] = {"timeout": settings.timeout, "max_concurrency": settings.max_concurrency}
    if settings.sandbox:
        return _sandbox_hub(settings.sandbox_identity, limits)
    try:
        environment = config.credential_environment(settings, config.environment())
        credentials, scim_token = find(environment), find_scim(environment)
        return Hub(credentials, scim_token=scim_token, base_url=settings.api_url, **limits)
    except HubError as error:
        raise config.SettingsError(str(error)) from None


def _sandbox_hub(identity: str, limits: dict[str, Any]) -> Hub:
    """Make a client of an embedded Hub; real credentials never come near it."""
    import httpx2 as httpx  # noqa: PLC0415

    from dockerhub_mcp.hub import Credentials, Hub  # noqa: PLC0415
    from dockerhub_mcp.hub.credentials import Value  # noqa: PLC0415
    from dockerhub_mcp.sandbox import Sandbox  # noqa: PLC0415

    sandbox = Sandbox()
    credentials = None
    if identity != "anonymous":
        if identity not in sandbox.identities:
            msg = f"--sandbox-identity must be anonymous or one of {', '.join(sandbox.identities)}"
            raise config.SettingsError(msg)
        whom = sandbox.identity(identity)
        credentials = Credentials.of(whom.username, whom.secret)
    transport = httpx.ASGITransport(app=sandbox.app)
    return Hub(
        credentials,
        scim_token=Value(sandbox.scim_token),
        base_url="http://localhost",
        transport=transport,
        **limits,
    )


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
    settings = config.load(options, config.environment())
    sys.stdout.write(as_text(rows(_registry(settings))))
    return 0


def _schemas(options: dict[str, Any]) -> int:
    from dockerhub_mcp.tools.published import differences, publish  # noqa: PLC0415

    directory: Path = options["dir"]
    if not options["check"]:
        for change in publish(directory):
            sys.stderr.write(f"{change}\n")
        return 0
    found = differences(directory)
    for difference in found:
        sys.stderr.write(f"{difference}\n")
    if found:
        sys.stderr.write("Run: dockerhub-mcp schemas\n")
    return 1 if found else 0


_COMMANDS = {"serve": _serve, "demo": _demo, "sandbox": _sandbox, "tools": _tools, "schemas": _schemas}

if __name__ == "__main__":
    sys.exit(main())
