"""The picture of a terminal in the README: the output of `dockerhub-mcp demo`, drawn as an SVG."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from xml.sax.saxutils import escape

from devtools.generate.frozen_clock import write_frozen_clock
from devtools.generate.paths import DOCS
from devtools.generate.program import start_program

PICTURE = DOCS / "demo.svg"
_COLUMNS = 104
_LAST_STEP = "5. "
"""The picture stops before this step to stay short; the demo goes on."""
_CHARACTER_WIDTH, _LINE_HEIGHT, _MARGIN, _TOP = 7.8, 18, 18, 44
_FONT_SIZE = 13
_ANSI = re.compile(r"\x1b\[([\d;]*)m")
# On its own background, so that it looks the same on a light page and on a dark one.
_STYLES = {
    "1;36": ("#76e3ea", True),
    "1;33": ("#f2cc60", True),
    "2": ("#9198a1", False),
    "32": ("#7ee787", False),
    "31": ("#ffa198", False),
}
_DEFAULT_STYLE = ("#e6edf3", False)
_FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"
 role="img" aria-labelledby="title">
<title id="title">dockerhub-mcp demo in a terminal: an MCP client lists tools, finds a tag of redis and pins
it by digest, makes mistakes, and is not allowed to write</title>
<rect x="0.5" y="0.5" width="{inner}" height="{outer}" rx="10" fill="#0d1117" stroke="#57606a"/>"""


class StyledLine(NamedTuple):
    """A line of the picture, in one style."""

    text: str
    style: str


def build_picture() -> str:
    """Return the picture of the current demo."""
    return render_svg(layout_lines(_run_demo()))


def layout_lines(output: str) -> list[StyledLine]:
    """Return the lines of the picture: the beginning of the output, with long lines wrapped."""
    lines = [StyledLine("$ dockerhub-mcp demo", "")]
    continued_style = ""
    for line in output.split("\n"):
        text = _ANSI.sub("", line)
        if text.startswith(_LAST_STEP):
            break
        styles = [continued_style, *_ANSI.findall(line)]
        continued_style = styles[-1].removeprefix("0")
        style = next((found for found in styles if found not in {"", "0"}), "")
        indent = " " * (len(text) - len(text.lstrip()))
        wrapped = textwrap.wrap(
            text, _COLUMNS, subsequent_indent=indent, drop_whitespace=True, break_on_hyphens=False
        )
        lines += [StyledLine(part.rstrip(), style) for part in wrapped or [""]]
    return [*lines, StyledLine("   ...", "2")]


def render_svg(lines: list[StyledLine]) -> str:
    """Return the picture of the given lines."""
    width = round(_COLUMNS * _CHARACTER_WIDTH + 2 * _MARGIN)
    height = _TOP + len(lines) * _LINE_HEIGHT + _MARGIN
    parts = [_HEAD.format(width=width, height=height, inner=width - 1, outer=height - 1)]
    parts += [
        f'<circle cx="{_MARGIN + 6 + 20 * place}" cy="20" r="6" fill="{colour}"/>'
        for place, colour in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    ]
    parts.append(f'<g font-family="{_FONTS}" font-size="{_FONT_SIZE}">')
    parts += [_render_line(number, line) for number, line in enumerate(lines) if line.text.strip()]
    return "\n".join([*parts, "</g>", "</svg>"]) + "\n"


def _render_line(number: int, line: StyledLine) -> str:
    text = line.text.lstrip()
    colour, is_bold = _STYLES.get(line.style, _DEFAULT_STYLE)
    weight = ' font-weight="bold"' if is_bold else ""
    x = _MARGIN + (len(line.text) - len(text)) * _CHARACTER_WIDTH
    y = _TOP + (number + 1) * _LINE_HEIGHT - 5
    # The text length keeps columns aligned in every font.
    return (
        f'<text x="{x:g}" y="{y}" fill="{colour}"{weight} textLength="{len(text) * _CHARACTER_WIDTH:g}" '
        f'lengthAdjust="spacingAndGlyphs" xml:space="preserve">{escape(text)}</text>'
    )


def _run_demo() -> str:
    """Return the output of the demo, in colour.

    The demo starts the server as another process, which inherits few variables; a script in place of the
    interpreter freezes the clock there too.

    Raises:
        ValueError: The demo failed.
    """
    with TemporaryDirectory() as folder:
        home = Path(folder)
        variables = write_frozen_clock(home)
        script = home / "python"
        script.write_text(
            f'#!/bin/sh\nPYTHONPATH={variables["PYTHONPATH"]} exec {sys.executable} "$@"\n', "utf-8"
        )
        script.chmod(0o755)
        done = start_program(
            "demo",
            home,
            environment={"FORCE_COLOR": "1", "NO_COLOR": ""},
            startup=f"import sys\nsys.executable = {str(script)!r}\n",
        )
    if done.exit_code:
        msg = f"the demo failed: {done.output}"
        raise ValueError(msg)
    return done.output
