"""The skills by name, the tool that each is about, and their files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
MAIN_FILE = "SKILL.md"
ANSWER_SECTION = "Answer"
"""The section of each skill that says what the answer contains."""

_FRONTMATTER = re.compile(r"\A---\n(.*?\n)---\n\s*(.*)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill.

    Attributes:
        name: The name, which is also that of its folder.
        main_tool: The tool without which the skill is of no use.
    """

    name: str
    main_tool: str


@dataclass(frozen=True, slots=True)
class SkillContent:
    """What a skill consists of.

    Attributes:
        frontmatter: The fields at the beginning of `SKILL.md`, such as `name` and `description`.
        body: The instructions behind them, in Markdown.
        files: Each file by its path inside the folder, with `/`; `SKILL.md` comes first.
    """

    frontmatter: dict[str, Any]
    body: str
    files: dict[str, bytes]

    def get_introduction(self) -> str:
        """Return the instructions up to the end of the first section."""
        found = re.match(r".*?^## .*?(?=^## |\Z)", self.body, re.MULTILINE | re.DOTALL)
        return (found[0] if found else self.body).rstrip()

    def get_section(self, title: str) -> str:
        """Return a section of the instructions with its heading, which is of the second level.

        Raises:
            ValueError: There is no such section.
        """
        found = re.search(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", self.body, re.MULTILINE | re.DOTALL)
        if found is None:
            msg = f"{self.frontmatter['name']} has no section {title}"
            raise ValueError(msg)
        return found[0].rstrip()


SKILLS = (
    Skill("choose-base-image", "find_tags"),
    Skill("pin-images", "pin_images"),
    Skill("clean-up-tags", "plan_tag_cleanup"),
    Skill("review-access", "review_access"),
    Skill("review-tokens", "review_tokens"),
    Skill("explain-failed-pull", "explain_pull"),
)
SKILLS_BY_NAME = {skill.name: skill for skill in SKILLS}


@cache
def load_content(name: str) -> SkillContent:
    """Read a skill from its folder.

    Args:
        name: One of `SKILLS_BY_NAME`.

    Raises:
        ValueError: `SKILL.md` does not begin with frontmatter.
    """
    folder = FOLDER / name
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    paths.sort(key=lambda path: path != MAIN_FILE)
    files = {path: (folder / path).read_bytes() for path in paths}
    frontmatter, body = _split_frontmatter(files[MAIN_FILE].decode())
    return SkillContent(frontmatter, body, files)


def _split_frontmatter(text: str) -> tuple[dict[str, Any], str]:
    import yaml  # noqa: PLC0415 - servers list their prompts and start without it

    found = _FRONTMATTER.match(text.replace("\r\n", "\n"))
    if found is None:
        msg = f"{MAIN_FILE} must begin with frontmatter between two lines of ---"
        raise ValueError(msg)
    fields: dict[str, Any] = yaml.safe_load(found[1])
    return fields, found[2].rstrip()
