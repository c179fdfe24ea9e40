"""Messages that stop the program when it starts, or that it logs then."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from devtools.generate.pages.provoke import Provoke
from devtools.generate.program import run_program, start_program


def _run(
    command_line: str, *, exit_code: int = 2, files: Mapping[str, str] | None = None, **environment: str
) -> Provoke:
    """Return a function that runs a command which must fail, and returns the command with its output.

    Args:
        command_line: The command line after the program's name.
        exit_code: The exit code that it must have.
        files: Files in the home directory, by relative path.
        environment: Environment variables.
    """

    async def provoke() -> str:
        with TemporaryDirectory() as home:
            for name, text in (files or {}).items():
                path = Path(home) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
            done = await asyncio.to_thread(run_program, command_line, Path(home), environment=environment)
        if done.exit_code != exit_code:
            msg = f"dockerhub-mcp {command_line} ended with exit code {done.exit_code}: {done.output}"
            raise ValueError(msg)
        variables = [f"{name}={value}" for name, value in environment.items()]
        return f"$ {' '.join([*variables, 'dockerhub-mcp', command_line]).strip()}\n{done.output}"

    return provoke


def _serve_stdio(*, without_extra: bool = False, **environment: str) -> Provoke:
    """Return a function that starts the server over stdio and returns the warnings that it logs.

    Args:
        without_extra: Whether OpenTelemetry cannot be imported.
        environment: Environment variables.
    """
    modules = ("opentelemetry.sdk", "opentelemetry.exporter")
    startup = f"import sys; sys.modules.update(dict.fromkeys({modules!r}))\n" if without_extra else ""

    async def provoke() -> str:
        with TemporaryDirectory() as home:
            done = await asyncio.to_thread(
                start_program, "--sandbox", Path(home), environment=environment, startup=startup
            )
        lines = done.output.split("\n")
        return "\n".join(line[line.index("warning") :] for line in lines if "warning" in line)

    return provoke


_BROKEN_CONFIG = '{\n  "mcpServers": {\n    "other": {"command": "other"},\n  }\n  "more": true\n}\n'
_OTHER_SERVER = (
    '{"mcpServers": {"dockerhub": {"command": "docker", "args": ["run", "-i", "example/registry-mcp"]}}}\n'
)
_HUB_MCP = """{"mcpServers": {"docker-hub": {"command": "docker",
  "args": ["run", "-i", "--rm", "-e", "HUB_PAT_TOKEN", "mcp/dockerhub", "--username=ada"],
  "env": {"HUB_PAT_TOKEN": "dckr_pat_abc"}}}}
"""

STARTUP_ERRORS: dict[str, Provoke] = {
    "there is no option": _run("--acces write"),
    "is no option of this server": _run("--transport http --allow-unauthenticated"),
    "are both set, to different tokens": _run(
        "--transport http", DOCKERHUB_MCP_AUTH_TOKEN="...", MCP_AUTH_TOKEN="other"
    ),
    "are both set": _run("", DOCKERHUB_TOKEN="dckr_pat_abc", DOCKERHUB_TOKEN_FILE="token"),
    "a variable that was not replaced by its value": _run(
        "", DOCKERHUB_USERNAME="ada", DOCKERHUB_TOKEN="%DOCKERHUB_TOKEN%"
    ),
    "is set, but no user name is": _run("", DOCKERHUB_TOKEN="dckr_pat_abc"),
    "is set, but no token is": _run("", DOCKERHUB_USERNAME="ada"),
    "must be one of": _run("", DOCKERHUB_MCP_ACCESS="everything"),
    "must be a number from": _run("--cache-ttl forever"),
    "does not exist": _run("--toolsets tag"),
    "is named but disabled": _run("--tools delete_tag"),
    "HTTPS_PROXY cannot be used": _run("", HTTPS_PROXY="socks4://proxy.example.com:1080"),
    "SSL_CERT_FILE names": _run("", SSL_CERT_FILE="/no/such/ca.pem"),
    "Plain HTTP would expose the bearer token": _run("", DOCKERHUB_API_URL="http://hub.example.com"),
    "must be an origin without a path": _run("", DOCKERHUB_API_URL="https://hub.docker.com/v2"),
    "holds a value in quotation marks": _run("", DOCKERHUB_SCIM_TOKEN="“...”"),
    "which is not a directory": _run("--access admin --secrets-dir /no/such/place"),
    "which cannot be written": _run("--access write --audit-log /no/such/place/journal"),
    "over stdio there is one client": _run("--port 8000"),
    "lets other machines in, so callers must authenticate": _run("--transport http --host 0.0.0.0"),
    "takes the account of each request": _run(
        "--transport http --identity request", DOCKERHUB_USERNAME="ada", DOCKERHUB_TOKEN="dckr_pat_abc"
    ),
    "--oauth-issuer needs --public-url": _run("--transport http --oauth-issuer https://login.example.com"),
    "--metrics needs a token here": _run("--transport http --metrics --identity request"),
    "the token for --metrics must have": _run(
        "--transport http --metrics", DOCKERHUB_MCP_METRICS_TOKEN="secret"
    ),
    "OpenTelemetry is asked for by OTEL_* variables, but not installed": _serve_stdio(
        without_extra=True, OTEL_EXPORTER_OTLP_ENDPOINT="http://localhost:4318"
    ),
    "the rest is left out": _serve_stdio(OTEL_TRACES_EXPORTER="zipkin"),
    "but there is no such variable": _serve_stdio(DOCKERHUB_MCP_TOOLSET="tags"),
    "was not touched": _run("install cursor", files={".cursor/mcp.json": _BROKEN_CONFIG}),
    "it has another server called": _run("install cursor", files={".cursor/mcp.json": _OTHER_SERVER}),
    "its HUB_PAT_TOKEN is in plain text": _run(
        "install cursor --replace", files={".cursor/mcp.json": _HUB_MCP}
    ),
    "can neither ask for a secret nor take it from the environment": _run(
        "install claude-desktop --username ada"
    ),
    "needs --username beside it": _run("install cursor --token-file token"),
    "a host starts the server over stdio": _run("install vscode --transport http"),
    "At a terminal you are asked": _run(
        "call --access admin --toolsets all delete_org_group acme developers",
        exit_code=1,
        DOCKERHUB_MCP_SANDBOX="true",
    ),
    "a value would be visible in the process list": _run("call login --username ada --password ..."),
    "is one word too many": _run("call get_tag redis 8.2 7.4"),
}
"""What provokes the message of each heading of the troubleshooting page."""
