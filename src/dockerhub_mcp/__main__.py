"""Run the program as `python -m dockerhub_mcp`, or as `dockerhub-mcp`."""

import os
import signal
import sys

_INTERRUPTED = 130


def run() -> int:
    """Run the program and return its exit code; an interrupt while it loads or ends leaves no traceback."""
    handles_interrupts = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # not so under nohup
    if not handles_interrupts:
        return _run_main()
    signal.signal(signal.SIGINT, lambda *_: os._exit(_INTERRUPTED))
    try:
        return _run_main()
    except KeyboardInterrupt:
        return _INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, lambda *_: os._exit(_INTERRUPTED))


def _run_main() -> int:
    from dockerhub_mcp.cli.main import main  # noqa: PLC0415 - loads for a while, and may be interrupted

    return main()


if __name__ == "__main__":
    sys.exit(run())
