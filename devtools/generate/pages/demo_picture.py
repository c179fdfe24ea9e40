"""The picture of the program in a terminal: what `dockerhub-mcp demo` really writes, as an SVG."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from typing import NamedTuple
from xml.sax.saxutils import escape

from docs.make.marks import DOCS

PICTURE = DOCS / "demo.svg"
_COLUMNS = 104
_UNTIL = "5. "
"""The step that the picture ends before, so that it stays short; the program goes on."""
_CHARACTER, _LINE, _MARGIN, _TOP = 7.8, 18, 18, 44
_SIZE = 13
_ANSI = re.compile(r"\x1b\[([\d;]*)m")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# On a background of its own, so that it reads alike on a light page and on a dark one.
_STYLES = {
    "1;36": ("#76e3ea", True),
    "1;33": ("#f2cc60", True),
    "2": ("#9198a1", False),
    "32": ("#7ee787", False),
    "31": ("#ffa198", False),
}
_PLAIN = ("#e6edf3", False)
_FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"
 role="img" aria-labelledby="title">
<title id="title">dockerhub-mcp demo in a terminal: an MCP client lists tools, finds a tag of redis and pins
it by digest, makes mistakes, and is not allowed to write</title>
<rect x="0.5" y="0.5" width="{inner}" height="{outer}" rx="10" fill="#0d1117" stroke="#57606a"/>"""


class Piece(NamedTuple):
    """A line of the picture in one style."""

    text: str
    style: str


def run() -> str:
    """Run the demonstration in colour and return what it wrote.

    Raises:
        ValueError: It failed.
    """
    done = subprocess.run(
        [sys.executable, "-m", "dockerhub_mcp", "demo"],
        env={**os.environ, "FORCE_COLOR": "1", "NO_COLOR": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        msg = f"the demonstration failed: {done.stdout}{done.stderr}"
        raise ValueError(msg)
    return done.stdout


def lines_of(written: str) -> list[Piece]:
    """Return the lines of the picture: the beginning of what was written, long lines wrapped."""
    pieces = [Piece("$ dockerhub-mcp demo", "")]
    after = ""
    for line in written.split("\n"):
        text = _ANSI.sub("", line)
        if text.startswith(_UNTIL):
            break
        styles = [after, *_ANSI.findall(line)]
        after = styles[-1].removeprefix("0")
        style = next((found for found in styles if found not in {"", "0"}), "")
        indent = " " * (len(text) - len(text.lstrip()))
        wrapped = textwrap.wrap(
            text, _COLUMNS, subsequent_indent=indent, drop_whitespace=True, break_on_hyphens=False
        )
        pieces += [Piece(part.rstrip(), style) for part in wrapped or [""]]
    return [*pieces, Piece("   ...", "2")]


def as_svg(pieces: list[Piece]) -> str:
    """Return the picture."""
    width = round(_COLUMNS * _CHARACTER + 2 * _MARGIN)
    height = _TOP + len(pieces) * _LINE + _MARGIN
    parts = [_HEAD.format(width=width, height=height, inner=width - 1, outer=height - 1)]
    parts += [
        f'<circle cx="{_MARGIN + 6 + 20 * place}" cy="20" r="6" fill="{colour}"/>'
        for place, colour in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    ]
    parts.append(f'<g font-family="{_FONTS}" font-size="{_SIZE}">')
    for number, (text, style) in enumerate(pieces):
        shown = text.lstrip()
        if not shown:
            continue
        colour, bold = _STYLES.get(style, _PLAIN)
        x = _MARGIN + (len(text) - len(shown)) * _CHARACTER
        weight = ' font-weight="bold"' if bold else ""
        # The length keeps columns in line, whatever font the reader has.
        parts.append(
            f'<text x="{x:g}" y="{_TOP + (number + 1) * _LINE - 5}" fill="{colour}"{weight} '
            f'textLength="{len(shown) * _CHARACTER:g}" lengthAdjust="spacingAndGlyphs" '
            f'xml:space="preserve">{escape(shown)}</text>'
        )
    return "\n".join([*parts, "</g>", "</svg>"]) + "\n"


def kept(old: str, new: str) -> str:
    """Return the picture as it should be; one that differs in days alone stays as it is."""
    return old if _DAY.sub("", old) == _DAY.sub("", new) else new


def made() -> str:
    """Return the picture as it should be."""
    old = PICTURE.read_text("utf-8") if PICTURE.exists() else ""
    return kept(old, as_svg(lines_of(run())))
