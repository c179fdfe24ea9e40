"""Run the program as `python -m dockerhub_mcp`, or as `dockerhub-mcp`."""

import _signal  # type: ignore[import-not-found]  # `signal` loads modules first, which may be interrupted
import gc
import os
import sys

_INTERRUPTED = 130


def run() -> int:
    """Run the program and return its exit code; an interrupt while it loads or ends leaves no traceback."""
    if _signal.getsignal(_signal.SIGINT) is not _signal.default_int_handler:  # ignored, as under nohup
        return _run_main()
    _signal.signal(_signal.SIGINT, _end_at_once)
    try:
        return _run_main()
    except KeyboardInterrupt:
        return _INTERRUPTED
    finally:
        _signal.signal(_signal.SIGINT, _end_at_once)


def _end_at_once(_number: int, _frame: object) -> None:
    os._exit(_INTERRUPTED)


def _run_main() -> int:
    gc.disable()  # nothing that an import creates is garbage; the commands enable it when they are loaded
    from dockerhub_mcp.cli.main import main  # noqa: PLC0415 - loads for a while, and may be interrupted

    return main()


if __name__ == "__main__":
    sys.exit(run())
