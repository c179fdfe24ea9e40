"""The server without a reader of its output."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, NoReturn, cast

import pytest

from dockerhub_mcp.server.stdio.connection import StdioConnection
from dockerhub_mcp.server.stdio.lines import LineReader, LineWriter
from dockerhub_mcp.server.stdio.session import StdioSession


@pytest.fixture
def pipes() -> Iterator[tuple[int, int, int, int]]:
    """Yield both ends of the input and of the output."""
    descriptors = [*os.pipe(), *os.pipe()]
    yield cast("tuple[int, int, int, int]", tuple(descriptors))
    for descriptor in descriptors:
        try:
            os.close(descriptor)
        except OSError:
            continue


def load_sdk() -> NoReturn:
    pytest.fail("the SDK is loaded")


async def test_the_sdk_is_not_loaded_for_output_without_a_reader(pipes: tuple[int, int, int, int]) -> None:
    read_end, to_server, from_server, write_end = pipes
    os.write(to_server, b"[]\n[]\n")
    os.close(from_server)
    nothing: Any = None
    reader = LineReader(read_end)
    connection = StdioConnection(
        nothing, nothing, StdioSession([]), load_sdk, reader=reader, out_fd=write_end
    )
    await connection.serve()


def test_a_reader_is_missed_once(pipes: tuple[int, int, int, int]) -> None:
    _, _, from_server, write_end = pipes
    closed: list[bool] = []
    writer = LineWriter(write_end, lambda: closed.append(True))
    writer.write("x" * 1_000_000)
    assert writer.has_reader()
    os.close(from_server)
    assert not writer.has_reader()
    assert not writer.has_reader()
    assert closed == [True]
