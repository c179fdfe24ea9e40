"""Recognize the kind of a text, and find its images."""

from __future__ import annotations

import re
from dataclasses import replace

from dockerhub_mcp.tools.image_sources.compose import is_compose, read_compose
from dockerhub_mcp.tools.image_sources.dockerfile import INSTRUCTIONS, read_dockerfile
from dockerhub_mcp.tools.image_sources.kubernetes import is_kubernetes, read_manifests, read_other_yaml
from dockerhub_mcp.tools.image_sources.line_reading import read_list, read_template_lines
from dockerhub_mcp.tools.image_sources.model import MAX_TEXT_BYTES, ImageSource, SourceError
from dockerhub_mcp.tools.image_sources.yaml_nodes import MappingNode, YAMLText, read_yaml

_MAPPING_LINE = re.compile(r"""\s*(?:-\s+)*(?:"[^"\n]*"|'[^'\n]*'|[^\s#"'{}\[\],&*?:][^\s:]*)\s*:(?:\s|$)""")
_OTHER_LINE_BREAKS = {0x85: " ", 0x2028: " ", 0x2029: " "}
_FENCE = re.compile(r"^[ \t]*(?:```|~~~).*$", re.MULTILINE)


def read_source(text: str) -> ImageSource:
    """Return the images that a text names, and the kind of the text.

    Raises:
        SourceError: It is too long, holds no text, or cannot be parsed; the message names the line.
    """
    text = _normalize(text)
    lines = [line.strip() for line in text.split("\n")]
    first = next((line for line in lines if line and not line.startswith("#")), "")
    if not first:
        has_syntax = any(re.match(r"#\s*syntax\s*=", line, re.IGNORECASE) for line in lines)
        if has_syntax:
            return read_dockerfile(text)
        msg = "it is empty, or has only comments; pass a Dockerfile, a compose file, a manifest or a list"
        raise SourceError(msg)
    if _is_instruction(first):
        return read_dockerfile(text)
    if first.startswith(("---", "%YAML", "{", "[", "? ")) or _MAPPING_LINE.match(first):
        return _read_yaml_source(text)
    return read_list(text)


def _normalize(text: str) -> str:
    """Return the text with newlines as line breaks, without byte order mark and Markdown fences.

    Raises:
        SourceError: It is too long, or no text.
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        msg = f"line {line} is not valid UTF-8; pass the file as UTF-8 text"
        raise SourceError(msg) from None
    if size > MAX_TEXT_BYTES:
        msg = (
            f"it has {size:,} bytes, and at most {MAX_TEXT_BYTES:,} are read; pass the references in `images`"
        )
        raise SourceError(msg)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        msg = f"line {line} has a NUL character: it is a binary file or UTF-16; pass the file as UTF-8 text"
        raise SourceError(msg)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").translate(_OTHER_LINE_BREAKS)
    return _FENCE.sub("", text) if text.lstrip().startswith(("```", "~~~")) else text


def _is_instruction(line: str) -> bool:
    """Tell whether a line is an instruction of a Dockerfile; names of images are no capital letters."""
    word, *rest = line.split(maxsplit=1)
    return word.upper() in INSTRUCTIONS and bool(rest) and not rest[0].startswith(":")


def _read_yaml_source(text: str) -> ImageSource:
    """Return the images of YAML; of a template that is no YAML, what its lines tell."""
    if text.lstrip().startswith(("{", "[")):  # JSON, which may be indented with tabs
        text = re.sub(r"^\t+", lambda tabs: " " * len(tabs[0]), text, flags=re.MULTILINE)
    try:
        parsed = read_yaml(text)
    except SourceError as error:
        if "{{" in text:
            return read_template_lines(text, str(error))
        raise
    if parsed.has_complex_keys and "{{" in text:
        return read_template_lines(text, "it has {{ ... }} outside of quotes")
    source = _read_documents(parsed)
    notes = [
        f"Line {line}: the key {key[:60]!r} occurs twice; the last value counts here, others refuse it."
        for key, line in parsed.duplicates
    ]
    return replace(source, notes=(*source.notes, *notes))


def _read_documents(parsed: YAMLText) -> ImageSource:
    documents = parsed.documents
    composes = [root for root in documents if isinstance(root, MappingNode) and is_compose(root)]
    if any(is_kubernetes(root) for root in documents):
        return read_manifests(documents)
    if not composes:
        return read_other_yaml(documents)
    sources = [read_compose(root) for root in composes]
    references = [found for source in sources for found in source.references]
    notes = [note for source in sources for note in source.notes]
    return replace(sources[0], references=tuple(references), notes=tuple(dict.fromkeys(notes)))
