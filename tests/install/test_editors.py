"""Edits of JSON and TOML in any layout, and their inverses."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.install.editors import json_edit, jsonc, toml_edit
from dockerhub_mcp.install.editors.jsonc import JSONDialect

LENIENT = JSONDialect(allows_comments=True, allows_trailing_commas=True)
ENTRY = {"command": "c", "args": ["--a", "b"], "env": {"X": "1"}}

keys = st.sampled_from(["a", "b", "servers", "café", 'q"uote', "x y", "//"])
scalars = (
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "t", "{", '"', "\\", "é", "// no"])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
spaces = st.sampled_from(["", " ", "\n", "\n  ", "\n\t", " // c\n", " /* c */ ", "\n  // }\n  "])


@st.composite
def written(draw: st.DrawFn, value: Any) -> str:
    """Write a value in one of many layouts."""

    def write(one: Any) -> str:
        if not isinstance(one, dict | list):
            return json.dumps(one, ensure_ascii=draw(st.booleans()))
        opening, closing = "{}" if isinstance(one, dict) else "[]"
        parts: list[str] = []
        for item in one:
            name = f"{json.dumps(item)}{draw(spaces)}:{draw(spaces)}" if isinstance(one, dict) else ""
            parts.append(
                draw(spaces) + name + write(one[item] if isinstance(one, dict) else item) + draw(spaces)
            )
        comma = "," + draw(spaces) if draw(st.booleans()) and parts else ""
        return opening + (",".join(parts) or draw(spaces)) + comma + closing

    return draw(spaces) + write(value) + draw(spaces)


documents = st.dictionaries(keys, values, max_size=4).flatmap(
    lambda value: st.tuples(st.just(value), written(value))
)


@given(documents)
def test_json_in_any_layout_is_parsed(document: tuple[Any, str]) -> None:
    value, text = document
    assert jsonc.parse(text, LENIENT).value == value


@given(values)
def test_plain_json_is_parsed_as_by_the_standard_library(value: Any) -> None:
    for text in (json.dumps(value), json.dumps(value, indent=2, ensure_ascii=False)):
        assert jsonc.parse(text, JSONDialect()).value == value
    rendered = json_edit.render_value(value, "", "  ", "\n")
    assert json.loads(rendered) == value


@given(st.text(alphabet='{}[]":,/*\\ \n0a-.e', max_size=30))
def test_the_strict_dialect_accepts_exactly_json(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(jsonc.ParseError):
            jsonc.parse(text, JSONDialect())
    else:
        assert jsonc.parse(text, JSONDialect()).value == expected


@given(documents)
def test_setting_a_value_changes_nothing_else(document: tuple[Any, str]) -> None:
    value, text = document
    new = json_edit.set_value(text, ["ours", "entry"], ENTRY, LENIENT)
    assert jsonc.parse(new, LENIENT).value == value | {"ours": {"entry": ENTRY}}
    again = json_edit.set_value(new, ["ours", "entry"], ENTRY, LENIENT)
    assert again == new
    changed = json_edit.set_value(new, ["ours", "entry", "args"], [], LENIENT)
    assert jsonc.parse(changed, LENIENT).value["ours"]["entry"] == ENTRY | {"args": []}
    gone = json_edit.remove_value(new, ["ours"], LENIENT)
    assert jsonc.parse(gone, LENIENT).value == value
    if value:
        assert gone == text


@given(documents, st.data())
def test_removing_a_value_changes_nothing_else(document: tuple[Any, str], data: st.DataObject) -> None:
    value, text = document
    assert json_edit.remove_value(text, ["ours"], LENIENT) == text
    assert json_edit.remove_value(text, ["ours", "x", "y"], LENIENT) == text
    if value:
        key = data.draw(st.sampled_from(sorted(value)))
        rest = jsonc.parse(json_edit.remove_value(text, [key], LENIENT), LENIENT).value
        assert rest == {name: one for name, one in value.items() if name != key}


@given(st.lists(values, max_size=3).flatmap(lambda one: st.tuples(st.just(one), written(one))))
def test_an_element_is_appended_and_removed(document: tuple[list[Any], str]) -> None:
    value, inner = document
    text = f'{{"list":{inner}\n}}'
    new = json_edit.append_value(text, ["list"], {"id": 1}, LENIENT)
    assert jsonc.parse(new, LENIENT).value["list"] == [*value, {"id": 1}]
    back = json_edit.remove_value(new, ["list", len(value)], LENIENT)
    assert jsonc.parse(back, LENIENT).value["list"] == value
    assert json_edit.remove_value(text, ["list", len(value)], LENIENT) == text
    if value:
        assert back == text


bare = st.sampled_from(["a", "b-c", "d_1"])
toml_values = st.sampled_from(
    [
        "1",
        "true",
        '"x # y"',
        "'z'",
        "[1, 2] # c",
        '[\n  "a", # b\n  "c",\n]',
        '{ k = "]" }',
        '"""\n[fake]\nx = 1\n"""',
        "'''\n# no\n'''",
        "1979-05-27",
    ]
)
toml_lines = st.lists(
    st.one_of(
        st.tuples(bare, toml_values).map(lambda pair: f"{pair[0]} = {pair[1]}\n"),
        st.sampled_from(["# comment [x]\n", "\n", "  \n"]),
    ),
    max_size=4,
).map("".join)


@st.composite
def toml_documents(draw: st.DrawFn) -> str:
    text = draw(toml_lines)
    for name in draw(
        st.lists(
            st.sampled_from(["[t]", '["q t"] # c', "[t.u]", "[[many]]", "[ s . 'x' ]", "[mcp_servers.a]"]),
            max_size=4,
        )
    ):
        text += f"{name}\n{draw(toml_lines)}"
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return text.rstrip("\r\n") if draw(st.booleans()) else text


@given(toml_documents())
def test_a_table_is_appended_and_removed(text: str) -> None:
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        with pytest.raises(jsonc.ParseError):
            toml_edit.parse(text)
        return
    table = ("mcp_servers", "ours")
    new = toml_edit.append_table(text, table, ENTRY)
    expected = toml_edit.parse(new)
    assert expected["mcp_servers"].pop("ours") == ENTRY
    if not expected["mcp_servers"]:
        del expected["mcp_servers"]
    assert expected == value
    assert toml_edit.has_table_header(new, table)
    changed = toml_edit.set_value(toml_edit.remove_value(new, table, "env"), table, "args", [])
    changed = toml_edit.set_value(changed, table, "more", {"a b": "\x7f"})
    assert toml_edit.parse(changed)["mcp_servers"]["ours"] == {
        "command": "c",
        "args": [],
        "more": {"a b": "\x7f"},
    }
    gone = toml_edit.remove_table(new, table)
    assert toml_edit.parse(gone) == value
    if text.endswith("\n") and not text.endswith(("\n\n", "\n\r\n", "  \n", "  \r\n")) and text.strip():
        assert gone == text


def test_removing_a_table_removes_its_subtables_and_keeps_the_comments_of_others() -> None:
    text = '[x]\na = 1\n\n# ours\n[m.o]\nc = 1 # d\n[m.o.env]\nE = ""\n\n# theirs\n[y]\nb = 2\n'
    assert toml_edit.remove_table(text, ("m", "o")) == "[x]\na = 1\n\n# ours\n\n# theirs\n[y]\nb = 2\n"
    assert toml_edit.remove_table(text, ("m", "p")) == text
    assert toml_edit.set_value("[m.o]", ("m", "o"), "c", 1) == "[m.o]\nc = 1\n"
