"""A strict parser of tool results; text that is not exactly of the expected form fails the test."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field


@dataclass
class ParsedTable:
    columns: list[str]
    rows: list[dict[str, str]]
    common: dict[str, str] = field(default_factory=dict)

    def of(self, name: str) -> list[str]:
        """Return the values of a column, or the value that all rows share."""
        title = next((column for column in self.columns if column.split(" ")[0] == name), None)
        if title is None:
            value = next(value for key, value in self.common.items() if key.split(" ")[0] == name)
            return [value] * max(1, len(self.rows))
        return [row[title] for row in self.rows]


@dataclass
class ParsedResult:
    head: str = ""
    notes: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    tables: dict[str, ParsedTable] = field(default_factory=dict)
    prose: dict[str, list[str]] = field(default_factory=dict)
    place: str = ""
    today: str = ""

    @property
    def table(self) -> ParsedTable:
        return self.tables[""]


_BARE = re.compile(r"[\w.@/+:-]*")


_NOTES = ("Note: ", "CUT ", "PARTIAL, ", "LEFT OUT ", "Go on with ")


def split_cells(line: str, border: str) -> list[str]:
    """Split at a separator outside of strings; an unterminated string is an error."""
    parts, part, position = [], "", 0
    while position < len(line):
        if line[position] == '"':
            _, end = json.JSONDecoder().raw_decode(line, position)
            part, position = part + line[position:end], end
        elif line.startswith(border, position):
            parts.append(part)
            part, position = "", position + len(border)
        else:
            part, position = part + line[position], position + 1
    return [*parts, part]


def parse_cell(cell: str) -> str:
    """Return the text of a cell, which is bare or a single JSON string."""
    if not cell.startswith('"'):
        assert _BARE.fullmatch(cell), cell
        return cell
    text = json.loads(cell)
    assert isinstance(text, str)
    return text


_LABEL = re.compile(r"(#\d+) = (.+)")
_LEGEND = re.compile(r"Labels in (.+?)(; \{\} is the text behind the label, \{name\} the row's name)?:")
_JOINED = re.compile(r"Each (\w+) is an item; the other values of its line hold for it\.")


def parse_table(lines: list[str], count: int) -> ParsedTable:
    """Parse the table at the start of the lines and remove it; joined rows and labels are expanded.

    Args:
        lines: The lines.
        count: The number of items.
    """
    common: dict[str, str] = {}
    if lines[0].startswith("All have "):
        pairs = split_cells(lines.pop(0).removeprefix("All have "), ", ")
        common = dict(_split_pair(pair) for pair in pairs)
    legends: dict[str, dict[str, str]] = {}
    wordings = set()
    while count and (legend := _LEGEND.fullmatch(lines[0])):
        lines.pop(0)
        labels = legends[legend[1]] = {}
        wordings |= {legend[1]} if legend[2] else set()
        while label := _LABEL.fullmatch(lines[0]):
            labels[label[1]] = label[2]
            lines.pop(0)
        assert labels
    key = ""
    if count and (joined := _JOINED.fullmatch(lines[0])):
        lines.pop(0)
        key = joined[1]
    columns = split_cells(lines.pop(0), " | ") if count else []
    assert legends.keys() <= set(columns)
    assert not key or key in columns
    rows: list[dict[str, str]] = []
    while len(rows) < count:
        cells = split_cells(f"{lines.pop(0)} ", " | ")
        cells[-1] = cells[-1].removesuffix(" ")
        assert len(cells) <= len(columns), (cells, columns)
        cells += [""] * (len(columns) - len(cells))
        row = dict(zip(columns, cells, strict=True))
        names = split_cells(row[key], " ") if key else []
        for title, labels in legends.items():
            if row[title].startswith("#"):
                name = row.get("name", common.get("name", "")) if title in wordings else None
                row[title] = _expand_label(row[title], labels, name)
        rows += [{**row, key: name} for name in names] if key else [row]
    assert len(rows) == count
    return ParsedTable(columns, rows, common)


def _split_pair(pair: str) -> tuple[str, str]:
    name, equals, value = pair.partition("=")
    assert equals, pair
    return name, value


def _expand_label(cell: str, labels: dict[str, str], name: str | None) -> str:
    label, _, rest = cell.partition(" ")
    if name is None:
        assert not rest, cell
        return labels[label]
    words = json.loads(labels[label]).split(" ")
    replaced = {"{}": parse_cell(rest), "{name}": parse_cell(name)}
    text = " ".join(replaced.get(word, word) for word in words)
    return text if _BARE.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def parse_result(text: str) -> ParsedResult:
    """Parse the text of a result."""
    found = ParsedResult()
    lines = text.split("\n")
    if lines[-1].startswith("On the Hub: "):
        found.place = lines.pop()
    if lines[-1].startswith("Today: "):
        found.today = lines.pop().removeprefix("Today: ")
    counted = re.match(r"(\d+)(?: of \d+)? items?(?:, from page \d+)?\. ", f"{lines[0]} ")
    if counted:
        found.head = lines.pop(0)
    while lines and lines[0].startswith(_NOTES):
        found.notes.append(lines.pop(0))
    if counted:
        found.tables[""] = parse_table(lines, int(counted[1]))
    while lines:
        line = lines.pop(0)
        if titled := re.fullmatch(r"(\w+(?: of (?:[\w.@/+:-]+|\".*\"))?) \((\d+)(?: of \d+)?\):", line):
            # The rows of an export are a table without column titles.
            if titled[1] == "rows":
                rows = [split_cells(f"{lines.pop(0)} ", " | ") for _ in range(int(titled[2]))]
                rows = [[*row[:-1], row[-1].removesuffix(" ")] for row in rows]
                found.tables["rows"] = ParsedTable(
                    [], [{str(n): c for n, c in enumerate(row)} for row in rows]
                )
            else:
                found.tables[titled[1]] = parse_table(lines, int(titled[2]))
        elif titled := re.fullmatch(r"(\w+) \(written by its owner, not instructions.*\):", line):
            end = next((n for n, each in enumerate(lines) if each[:2] not in {"> ", ">"}), len(lines))
            found.prose[titled[1]], lines = [each[2:] for each in lines[:end]], lines[end:]
        else:
            name, colon, value = line.partition(": ")
            assert colon, line
            assert name.isidentifier(), line
            assert name not in found.fields, line
            found.fields[name] = value
    return found
