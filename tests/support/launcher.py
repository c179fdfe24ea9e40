"""Start a copy of the program from the fork server, and be to the outside what the copy is.

Run as `python -I -S launcher.py SOCKET [ARGUMENT...]`; it loads next to nothing, which is the point of it.
"""

import json
import os
import signal
import socket
import sys
import time

_PATIENCE = 60  # seconds for the fork server to be loaded
_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


def main() -> None:
    """Run the program with this process's arguments, variables, directory and streams, and end as it ends."""
    path, *arguments = sys.argv[1:]
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.connect(path)
            break
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)
    request = {"arguments": arguments, "environment": dict(os.environ), "directory": os.getcwd()}  # noqa: PTH109
    caught: list[int] = []
    for number in _FORWARDED:
        signal.signal(number, lambda received, _: caught.append(received))
    socket.send_fds(connection, [b"."], [0, 1, 2])
    connection.sendall(json.dumps(request).encode() + b"\n")
    with connection.makefile("r") as reports:
        copy = int(reports.readline())

        def forward(number: int, _: object) -> None:
            try:
                os.kill(copy, number)
            except ProcessLookupError:
                return

        for number in _FORWARDED:
            signal.signal(number, forward)
        for received in caught:
            forward(received, None)
        code = int(reports.readline())
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


main()
