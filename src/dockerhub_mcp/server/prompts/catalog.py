"""The prompts: what each asks for, and the skill or the steps to follow.

A prompt names the tools that are disabled, with the options that enable them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dockerhub_mcp.skills.catalog import SKILLS_BY_NAME, Skill


class ArgumentKind(StrEnum):
    """The kind of an argument, which decides how it is completed."""

    TEXT = "text"
    IMAGE = "image"
    """An image such as `redis` or `acme/app`, with or without a tag."""
    REPOSITORY = "repository"
    """A repository with its namespace, such as `acme/app`."""
    ORGANIZATION = "organization"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class ArgumentDefinition:
    """An argument of a prompt.

    Attributes:
        name: The name.
        description: What the user reads beside the input field.
        kind: The kind of value.
        required: Whether the prompt needs it.
        template: The text in the prompt, with `{}` for the value; left out with the argument.
        is_quoted: Whether the value is text from elsewhere, which is put in quotes and may be longer.
    """

    name: str
    description: str
    kind: ArgumentKind = ArgumentKind.TEXT
    required: bool = False
    template: str = "{}"
    is_quoted: bool = False

    @property
    def max_length(self) -> int:
        """The limit on the value, in characters."""
        return 1000 if self.is_quoted else 512


@dataclass(frozen=True, slots=True)
class Steps:
    """Steps that a prompt lists, where it does not follow a skill.

    Attributes:
        tools: The tools to use, each with its purpose.
        any_of_tools: Tools of which at least one must be enabled for them.
        expected_answer: What the answer should contain, where no skill says it.
    """

    tools: tuple[tuple[str, str], ...]
    any_of_tools: tuple[str, ...]
    expected_answer: str = ""


@dataclass(frozen=True, slots=True)
class PromptDefinition:
    """A prompt.

    Attributes:
        name: The name.
        title: The title in menus.
        description: What the prompt does, one sentence.
        arguments: The arguments.
        goal: The first paragraph, with the arguments as placeholders.
        steps: The steps to follow where there is no skill, or its main tool is disabled.
        skill: The skill to follow. What it says about the answer also belongs to the steps.
    """

    name: str
    title: str
    description: str
    arguments: tuple[ArgumentDefinition, ...]
    goal: str
    steps: Steps
    skill: Skill | None = None

    @property
    def all_tools(self) -> tuple[str, ...]:
        """Tools of which at least one must be enabled for the prompt to be offered."""
        return ((self.skill.main_tool,) if self.skill else ()) + self.steps.any_of_tools


_ORGANIZATION_DESCRIPTION = "Name of the organization."

PROMPTS = (
    PromptDefinition(
        name="pin_image",
        title="Choose a base image and pin it",
        description="Find the tag of an image that fits your purpose, and pin it by digest.",
        arguments=(
            ArgumentDefinition(
                "image",
                "Image, such as python or acme/app, or words to search for.",
                ArgumentKind.IMAGE,
                required=True,
            ),
            ArgumentDefinition("purpose", "What you need it for.", template=" Purpose: {}."),
            ArgumentDefinition(
                "platform",
                "Platform it must run on, such as linux/arm64.",
                ArgumentKind.PLATFORM,
                template=" It must run on {}.",
            ),
        ),
        goal="Choose a base image from Docker Hub and pin it by digest: {image}.{purpose}{platform}",
        skill=SKILLS_BY_NAME["choose-base-image"],
        steps=Steps(
            tools=(
                (
                    "search_repositories",
                    "find candidates if this is no image name; prefer official and verified publishers",
                ),
                (
                    "get_repository",
                    "see whether it is maintained, and what its publisher says about versions",
                ),
                (
                    "list_tags",
                    (
                        "look at the newest tags, filtered by name; prefer the tag of a stable version to a "
                        "moving one such as latest, and a small variant where it suffices"
                    ),
                ),
                (
                    "get_tag",
                    "take the digest of the tag you choose, and check its platforms and its last push",
                ),
                ("pin_images", "take the pinned reference of the tag you choose"),
            ),
            any_of_tools=("list_tags", "get_tag", "pin_images"),
        ),
    ),
    PromptDefinition(
        name="review_access",
        title="Review access",
        description="Go through members, groups and repositories of an organization, and report anomalies.",
        arguments=(
            ArgumentDefinition(
                "organization", _ORGANIZATION_DESCRIPTION, ArgumentKind.ORGANIZATION, required=True
            ),
        ),
        goal="Review who has access to what in the Docker Hub organization {organization}. Change nothing.",
        skill=SKILLS_BY_NAME["review-access"],
        steps=Steps(
            tools=(
                (
                    "list_org_members",
                    "read all members with max_items: their roles, and when they were last seen",
                ),
                ("list_org_invites", "read the invitations that are not accepted yet"),
                ("list_org_groups", "read the groups (teams)"),
                ("list_org_group_members", "read who is in each group"),
                (
                    "list_repositories",
                    "read the repositories of the organization and whether they are private",
                ),
                (
                    "list_repository_groups",
                    "read the permissions of groups in each repository, private ones first",
                ),
                ("list_org_access_tokens", "read which programs have access"),
                ("list_audit_logs", "read recent changes of members and groups"),
            ),
            any_of_tools=("list_org_members", "list_org_groups"),
        ),
    ),
    PromptDefinition(
        name="review_tokens",
        title="Review access tokens",
        description="Find tokens that are unused, about to expire or broader than they need to be.",
        arguments=(
            ArgumentDefinition(
                "organization",
                f"{_ORGANIZATION_DESCRIPTION} Leave it out for your own tokens alone.",
                ArgumentKind.ORGANIZATION,
                template=" and those of the organization {}",
            ),
        ),
        goal="Review my Docker Hub access tokens{organization}. Change nothing.",
        skill=SKILLS_BY_NAME["review-tokens"],
        steps=Steps(
            tools=(
                ("list_access_tokens", "read all personal tokens of the account that is signed in"),
                ("list_org_access_tokens", "read the tokens of the organization, if I named one"),
                ("get_org_access_token", "read the permissions of each token of the organization"),
                (
                    "list_audit_logs",
                    "find the creation of a token of unknown origin, if I named an organization",
                ),
            ),
            any_of_tools=("list_access_tokens", "list_org_access_tokens"),
        ),
    ),
    PromptDefinition(
        name="explain_failed_pull",
        title="Explain a failed pull",
        description="Find out why docker pull fails, and how to fix it.",
        arguments=(
            ArgumentDefinition(
                "image", "Image as you pulled it, such as acme/app:1.4.", ArgumentKind.IMAGE, required=True
            ),
            ArgumentDefinition(
                "error", "Docker's error message.", template=" Docker said: {}", is_quoted=True
            ),
            ArgumentDefinition(
                "platform", "Platform you pull for.", ArgumentKind.PLATFORM, template=" I pull it for {}."
            ),
        ),
        goal="Explain why I cannot pull {image} from Docker Hub.{platform}{error}",
        skill=SKILLS_BY_NAME["explain-failed-pull"],
        steps=Steps(
            tools=(
                ("check_repository", "find out whether the repository exists and is visible"),
                ("get_repository", "find out whether it is private or inactive"),
                ("get_tag", "find out whether the tag exists and has an image for my platform"),
                ("list_tags", "look for tags with similar names, if it does not exist"),
                ("search_repositories", "look for the repository under another name, if it does not exist"),
                (
                    "create_auth_token",
                    "find out which account this server uses; call it without arguments",
                ),
                ("get_org_settings", "find out which images my organization allows, if I am in one"),
            ),
            any_of_tools=("get_tag", "check_tag", "list_tags", "get_repository", "check_repository"),
        ),
    ),
    PromptDefinition(
        name="write_overview",
        title="Write the overview for my repository",
        description="Draft the README that Docker Hub shows for your repository, from its actual content.",
        arguments=(
            ArgumentDefinition(
                "repository",
                "Repository with its namespace, such as acme/app.",
                ArgumentKind.REPOSITORY,
                required=True,
            ),
            ArgumentDefinition("audience", "Intended readers.", template=" Readers: {}."),
        ),
        goal="Write the overview (README) of my Docker Hub repository {repository}.{audience}",
        steps=Steps(
            tools=(
                (
                    "get_repository",
                    "read the current overview with fields=full_description; keep what is good",
                ),
                ("list_tags", "read the tags, how they are named, and their platforms"),
                ("update_repository", "save it as full_description, but only after I agree"),
            ),
            any_of_tools=("get_repository",),
            expected_answer=(
                "Show me the Markdown first, at most 25,000 characters: what it is in two sentences, how to "
                "run it, which tag to choose, settings, ports and volumes, where to get help, license; and a "
                "short description of at most 100 characters. Use what you found and what I told you, and ask"
                " me for missing facts instead of inventing them."
            ),
        ),
    ),
)
