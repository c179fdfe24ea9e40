from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from dockerhub_mcp.hub.digests import digest_identifier
from dockerhub_mcp.hub.redaction import Redactor
from dockerhub_mcp.logs import configure_logging


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("dockerhub_mcp").setLevel(logging.NOTSET)


def set_up(level: str = "info", *, as_json: bool = False) -> logging.Logger:
    redact = Redactor()
    redact.add_secret("hunter2")
    configure_logging(level, as_json=as_json, redact=redact)
    return logging.getLogger("dockerhub_mcp.test")


def test_a_line_has_level_message_and_fields(capsys: pytest.CaptureFixture[str]) -> None:
    set_up().info("signed in", extra={"username": "ada"})
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.rstrip().endswith("info    signed in  username=ada")


def test_json_lines_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(as_json=True).warning("a thing", extra={"status": 503})
    line = json.loads(capsys.readouterr().err)
    assert line["level"] == "warning"
    assert line["message"] == "a thing"
    assert line["status"] == 503
    assert line["time"].endswith("Z")


@pytest.mark.parametrize("as_json", [True, False])
def test_secrets_are_masked_in_messages_fields_and_traces(
    capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    logger = set_up(as_json=as_json)
    try:
        int("the secret hunter2 in a trace")
    except ValueError:
        logger.exception("with dckr_pat_abc123", extra={"header": "Bearer abcdefghijkl"})
    text = capsys.readouterr().err
    assert "Traceback" in text
    for secret in ("hunter2", "dckr_pat_abc123", "abcdefghijkl"):
        assert secret not in text


def test_the_level_applies_to_this_program_and_libraries_log_warnings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up("debug").debug("ours")
    logging.getLogger("httpx2").info("theirs")
    logging.getLogger("httpx2").warning("theirs, loud")
    text = capsys.readouterr().err
    assert "ours" in text
    assert "theirs, loud" in text
    assert text.count("theirs") == 1


def test_session_ids_are_logged_as_digests(capsys: pytest.CaptureFixture[str]) -> None:
    identifiers = [
        "0123456789abcdef0123456789ABCDEF",
        "01234567-89ab-cdef-0123-456789abcdef",
        "chosen-by-a-client",
    ]
    messages = [
        "Received invalid session ID: {}",
        "Could not find session for ID: {}",
        "Rejecting message for session {}: credential does not match",
        "Terminating session: {}",
        "Session {} crashed",
    ]
    for as_json in (True, False):
        set_up(as_json=as_json)
        for identifier in identifiers:
            for message in messages[: 4 if "-by-" not in identifier else 2]:
                logging.getLogger("mcp.server.sse").warning(message.format(identifier))
        text = capsys.readouterr().err
        for identifier in identifiers:
            assert identifier not in text
            assert digest_identifier(identifier) in text


@pytest.mark.parametrize("as_json", [True, False])
def test_no_text_can_forge_a_line_or_control_a_terminal(
    capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    logger = set_up(as_json=as_json)
    forged = "a\n00:00:00.000 info    forged\r\x1b[31m\x9b\x00\x7f\x85\u2028"
    logger.warning("met %s", forged, extra={"field": forged, "other": "b caller=ci", "status": 4})
    logger.error("failed", exc_info=ValueError(forged))
    text = capsys.readouterr().err
    assert set(text) & set("\r\x1b\x9b\x00\x7f\x85\u2028") == set()
    first, second, *trace = text.splitlines()
    if as_json:
        assert json.loads(first)["field"] == forged
        assert forged in json.loads(second)["trace"]
        assert trace == []
        return
    assert 'other="b caller=ci" status=4' in first
    assert second.endswith("error   failed")
    assert len(trace) > 1
    assert all(line.startswith("  ") for line in trace)
