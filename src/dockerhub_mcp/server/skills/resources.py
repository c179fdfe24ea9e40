"""The skills as entries of a list, files and directories, for the tools that are enabled."""

from __future__ import annotations

import hashlib
from typing import Any

import mcp_types as types
from mcp.shared.exceptions import MCPError

from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.skills.catalog import MAIN_FILE, SKILLS, SKILLS_BY_NAME, Skill, load_content
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.suggestions import did_you_mean

SCHEME = "skill://"
ROOT = f"{SCHEME}dockerhub"
"""The directory of all skills."""

DIRECTORY_MIME_TYPE = "inode/directory"
MARKDOWN_MIME_TYPE = "text/markdown"
_EXAMPLE = f"{ROOT}/{SKILLS[0].name}/{MAIN_FILE}"


def list_entries(registry: Registry) -> list[dict[str, Any]]:
    """Return the entries of the skills with enabled main tools."""
    return [_build_entry(skill) for skill in _list_offered(registry)]


def get_entry(uri: str, registry: Registry) -> dict[str, Any]:
    """Return the entry of a skill: its URI, frontmatter, and files with sizes and digests.

    Args:
        uri: The URI of its `SKILL.md`.
        registry: The tools of the request.

    Raises:
        MCPError: No skill with enabled main tool has this URI.
    """
    skill, path = _find_file(uri, registry)
    if path != MAIN_FILE:
        raise _build_error(uri, f"{_show(uri)} is not the {MAIN_FILE} of a skill")
    return _build_entry(skill)


def read_file(uri: str, registry: Registry) -> types.TextResourceContents:
    """Return a file of a skill.

    Raises:
        MCPError: No skill with enabled main tool has this file.
    """
    skill, path = _find_file(uri, registry)
    text = load_content(skill.name).files[path].decode()
    return types.TextResourceContents(uri=uri, mime_type=MARKDOWN_MIME_TYPE, text=text)


def list_directory(uri: str, registry: Registry) -> list[types.Resource]:
    """Return the files and directories directly in a directory.

    Raises:
        MCPError: The URI belongs to no directory.
    """
    if uri == ROOT:
        return [_describe_directory(f"{ROOT}/{skill.name}") for skill in _list_offered(registry)]
    skill, path = _find_skill(uri, registry)
    prefix = f"{path}/" if path else ""
    inside = [each.removeprefix(prefix) for each in load_content(skill.name).files if each.startswith(prefix)]
    if not inside or uri.endswith("/"):
        raise _build_error(uri, f"{_show(uri)} is not a directory")
    names = dict.fromkeys(each.partition("/")[0] for each in inside)
    return [
        _describe_file(skill, prefix + name) if name in inside else _describe_directory(f"{uri}/{name}")
        for name in names
    ]


def _list_offered(registry: Registry) -> list[Skill]:
    return [skill for skill in SKILLS if not registry.disabled_reason(skill.main_tool)]


def _find_file(uri: str, registry: Registry) -> tuple[Skill, str]:
    skill, path = _find_skill(uri, registry)
    if path not in load_content(skill.name).files:
        raise _build_error(uri, f"The skill {skill.name} has no file {_show(uri)}")
    return skill, path


def _find_skill(uri: str, registry: Registry) -> tuple[Skill, str]:
    """Return the skill that a URI begins with, and the path inside its folder.

    Raises:
        MCPError: There is no such skill, or its main tool is disabled.
    """
    name, _, path = uri.removeprefix(f"{ROOT}/").partition("/")
    skill = SKILLS_BY_NAME.get(name) if uri.startswith(f"{ROOT}/") else None
    if skill is None:
        known = [each.name for each in _list_offered(registry)]
        msg = f"There is no skill {_show(uri)}{did_you_mean(name, known)}. URIs are such as {_EXAMPLE}"
        raise _build_error(uri, msg)
    if reason := registry.disabled_reason(skill.main_tool):
        msg = f"The skill {name} needs the tool {skill.main_tool}, which is switched off here: {reason}"
        raise _build_error(uri, msg)
    return skill, path


def _build_error(uri: str, message: str) -> MCPError:
    return MCPError(types.INVALID_PARAMS, f"{message}.", {"uri": uri})


def _show(uri: str) -> str:
    return to_single_line(repr(uri[:200]), 120)


def _build_entry(skill: Skill) -> dict[str, Any]:
    content = load_content(skill.name)
    return {
        "uri": f"{ROOT}/{skill.name}/{MAIN_FILE}",
        "frontmatter": content.frontmatter,
        "resources": [
            {
                "uri": f"{ROOT}/{skill.name}/{path}",
                "digest": f"sha256:{hashlib.sha256(file).hexdigest()}",
                "size": len(file),
            }
            for path, file in content.files.items()
        ],
    }


def _describe_file(skill: Skill, path: str) -> types.Resource:
    content = load_content(skill.name)
    is_main = path == MAIN_FILE
    return types.Resource(
        uri=f"{ROOT}/{skill.name}/{path}",
        name=content.frontmatter["name"] if is_main else path.rpartition("/")[2],
        description=content.frontmatter["description"] if is_main else None,
        mime_type=MARKDOWN_MIME_TYPE,
        size=len(content.files[path]),
    )


def _describe_directory(uri: str) -> types.Resource:
    return types.Resource(uri=uri, name=uri.rpartition("/")[2], mime_type=DIRECTORY_MIME_TYPE)
