"""Start a copy of the program from the fork server, and be to the outside what the copy is.

Run as `python -I -S launcher.py SOCKET [ARGUMENT...]`; it loads next to nothing, which is the point of it: only
modules that are part of Python itself, not the ones in Python that wrap them.
"""

import _signal  # type: ignore[import-not-found]
import _socket
import marshal
import os
import sys
import time

_PATIENCE = 60  # seconds for the fork server to be loaded
_FORWARDED = (_signal.SIGTERM, _signal.SIGINT, _signal.SIGHUP, _signal.SIGUSR1, _signal.SIGUSR2)


def main() -> None:
    """Run the program with this process's arguments, variables, directory and streams, and end as it ends."""
    path, *arguments = sys.argv[1:]
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.connect(path)
            break
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)
    request = marshal.dumps([arguments, dict(os.environ), os.getcwd()])  # noqa: PTH109
    caught: list[int] = []
    for number in _FORWARDED:
        _signal.signal(number, lambda received, _: caught.append(received))
    streams = b"".join(number.to_bytes(4, sys.byteorder) for number in range(3))
    size = len(request).to_bytes(8, "big")
    connection.sendmsg([size], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
    connection.sendall(request)
    with os.fdopen(connection.detach(), "rb") as reports:
        copy = int(reports.readline())

        def forward(number: int, _: object) -> None:
            try:
                os.kill(copy, number)
            except ProcessLookupError:
                return

        for number in _FORWARDED:
            _signal.signal(number, forward)
        for received in caught:
            forward(received, None)
        code = int(reports.readline())
    _end(code)


def _end(code: int) -> None:
    """End with an exit code, or of a signal."""
    if code < 0:
        if -code != _signal.SIGKILL:  # which has no handler
            _signal.signal(-code, _signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


main()
