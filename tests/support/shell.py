"""The command `call` in this process, and the program as a shell starts it."""

from __future__ import annotations

import os
import sys

from dockerhub_mcp.sandbox import Sandbox
from tests.support.command_line import Completed, run_main, run_main_in_thread

CLEAN_ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("DOCKER", "HUB_")) and name not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"}
}
"""The environment of this process without variables that change the program's behaviour."""
PROGRAM = [sys.executable, "-m", "dockerhub_mcp"]
PROGRAM_WITHOUT_RICH = [  # as if the extra `cli` were not installed
    sys.executable,
    "-c",
    "import sys; sys.modules['rich'] = None; from dockerhub_mcp.cli.main import main; sys.exit(main())",
]


def call(*words: str, stdin: str = "", is_terminal: bool = False, **environment: str) -> Completed:
    """Call a tool on the embedded Hub."""
    return run_main("call", "--sandbox", *words, stdin=stdin, env=environment, is_terminal=is_terminal)


async def call_at(
    sandbox: Sandbox, url: str, *words: str, identity: str = "owner", **environment: str
) -> Completed:
    """Call a tool on a sandbox that this event loop serves, signed in as a sample identity."""
    account = sandbox.get_identity(identity)
    variables = {"DOCKERHUB_USERNAME": account.username, "DOCKERHUB_TOKEN": account.secret}
    variables |= {"DOCKERHUB_API_URL": url, "DOCKERHUB_SCIM_TOKEN": sandbox.scim_token}
    return await run_main_in_thread("call", *words, env=variables | environment)
