"""The words by which results are judged."""

from __future__ import annotations

import re

CAREFUL = re.compile(
    r"whether (?:the change|it|the \w+) (?:was|were|has been) (?:made|created|carried out|done)"
    r"|may (?:already )?have been (?:made|created|carried out|changed|done|sent)"
    r"|may be (?:made|done|created)",
    re.IGNORECASE,
)
"""The careful word: that a change may have been made."""

DENIAL = re.compile(
    r"nothing (?:was|has been) (?:sent|changed|done)|was not sent|no change was made", re.IGNORECASE
)

CAVEAT = re.compile(
    r"\bPARTIAL\b|\bincomplete\b|cut short|could not be read|cannot be read|unreadable|contradict|\bleft out\b|\bskipped\b"
    r"|\bdropped\b|without (?:its|their|a|any) \w+|not (?:match|agree|add up)|\bfewer\b|the Hub (?:counts|says|reports)"
    r"|\bunknown\b|not_pinned|\ufffd",
    re.IGNORECASE,
)
"""A word on what is missing."""

END = re.compile(r"This is the end of the list|Nothing matches|^Empty\b", re.MULTILINE)
POSITION = re.compile(r"^(\d+)(?: of (-?\d+))? items?", re.MULTILINE)
COUNT = re.compile(r"(count|total\w*): (-?\d+)$")
REPR = re.compile(
    r"Traceback \(most recent|<[\w.]+ object at 0x|\b[A-Z]\w+(?:Error|Exception)\b(?!\.)|\bNoneType\b|\bb'|\{'\w|\['\w"
    r"|(?<![\w.])None(?![\w.])|\bdatetime\.\w|pydantic|-326\d\d"
)
DIGITS = re.compile(r"(?<![\w-])\d{13,}(?!\w)")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2028\u2029\ufeff]")
INTERNAL = re.compile(r"svc\.cluster\.local|hunter2secret|key=abc123|10\.1\.2\.3")
QUOTED = re.compile(r'The (?:Hub|registry) said: ".*', re.DOTALL)
VOLATILE = re.compile(
    r"\(Request [\w-]+ in this server's log\.\)|^Note: as of .*cached by this server\).*$"
    r"|^Note: \d+ of \d+ requests to the Hub are left.*$"
    r"|^pulls: (?:\d+ used by this call|about \d+ of).*$|^pull limit \| (?:ok \| )?about \d+ of.*$",
    re.MULTILINE,
)
DOUBLED_PERIOD = re.compile(r"(?<!\.)\.\.(?![.\w/])")
NEGATIVE_LIMIT = re.compile(r"Note: .*-\d+.* requests to the Hub are left")


def normalize_text(text: str) -> str:
    """Return a text without empty lines and what differs from call to call."""
    return "\n".join(split_lines(text))


def split_lines(text: str) -> list[str]:
    """Return the lines of a text, without empty ones and what differs from call to call."""
    return [line.rstrip() for line in VOLATILE.sub("", text).splitlines() if line.strip()]
