"""The prompts: what each asks for, the tools that help with it, and the expected answer.

A prompt lists the steps with enabled tools, and names the options that enable the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


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
class FallbackSteps:
    """The steps of a prompt with tools of single methods, where the workflows are disabled.

    Attributes:
        steps: The tools to use, each with its purpose.
        any_of_tools: Tools of which at least one must be enabled for them.
    """

    steps: tuple[tuple[str, str], ...]
    any_of_tools: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PromptDefinition:
    """A prompt.

    Attributes:
        name: The name.
        title: The title in menus.
        description: What the prompt does, one sentence.
        arguments: The arguments.
        goal: The first paragraph, with the arguments as placeholders.
        steps: The tools to use, each with its purpose.
        expected_answer: What the answer should contain.
        any_of_tools: Tools of which at least one must be enabled for these steps.
        fallback: The steps where none of those tools is enabled; None where the prompt is not offered then.
    """

    name: str
    title: str
    description: str
    arguments: tuple[ArgumentDefinition, ...]
    goal: str
    steps: tuple[tuple[str, str], ...]
    expected_answer: str
    any_of_tools: tuple[str, ...]
    fallback: FallbackSteps | None = None

    @property
    def all_tools(self) -> tuple[str, ...]:
        """Tools of which at least one must be enabled for the prompt to be offered."""
        return self.any_of_tools + (self.fallback.any_of_tools if self.fallback else ())

    def select_steps(self, is_enabled: Callable[[str], bool]) -> tuple[tuple[str, str], ...]:
        """Return the steps for a server on which some tools are enabled."""
        uses_fallback = self.fallback is not None and not any(map(is_enabled, self.any_of_tools))
        return self.fallback.steps if self.fallback and uses_fallback else self.steps


_ORGANIZATION_DESCRIPTION = "Name of the organization."
_READ_ONLY_NOTE = "Change nothing. Say what you could not read, and why."
_SEARCH_STEP = (
    "search_repositories",
    "find candidates if this is no image name; prefer official images and verified publishers",
)
_MAINTENANCE_STEP = (
    "get_repository",
    "see whether it is maintained, and what its publisher says about versions",
)
_ALLOWED_IMAGES_STEP = ("get_org_settings", "find out which images my organization allows, if I am in one")

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
        steps=(
            _SEARCH_STEP,
            _MAINTENANCE_STEP,
            (
                "find_tags",
                (
                    "find the newest stable version, or the smallest image for my platform; prefer a version "
                    "to a moving tag such as latest"
                ),
            ),
            ("inspect_image", "compare the user, base image and provenance of the best candidates"),
            ("pin_images", "take the pinned reference of the tag you choose"),
        ),
        expected_answer=(
            "Answer with the line for a Dockerfile (FROM name:tag@sha256:...), the platforms and the "
            "size, the date of the last push, one sentence on why you chose it, and which tag to watch "
            "for updates."
        ),
        any_of_tools=("find_tags", "pin_images"),
        fallback=FallbackSteps(
            steps=(
                _SEARCH_STEP,
                _MAINTENANCE_STEP,
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
            ),
            any_of_tools=("list_tags", "get_tag"),
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
        goal="Review who has access to what in the Docker Hub organization {organization}.",
        steps=(
            (
                "list_org_members",
                "read all members with max_items: their roles, and when they were last seen",
            ),
            ("list_org_invites", "read the invitations that are not accepted yet"),
            ("list_org_groups", "read the groups (teams)"),
            ("list_org_group_members", "read who is in each group"),
            ("list_repositories", "read the repositories of the organization and whether they are private"),
            (
                "list_repository_groups",
                "read the permissions of groups in each repository, private ones first",
            ),
            ("list_org_access_tokens", "read which programs have access"),
            ("list_audit_logs", "read recent changes of members and groups"),
        ),
        expected_answer=(
            "Answer with a table of who can do what, then with the changes you recommend, the most urgent"
            " first: more owners than needed, inactive members, guests, groups with more permissions than"
            f" they need, old invitations. {_READ_ONLY_NOTE}"
        ),
        any_of_tools=("list_org_members", "list_org_groups"),
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
        goal="Review my Docker Hub access tokens{organization}.",
        steps=(
            ("list_access_tokens", "read all personal tokens of the account that is signed in"),
            ("list_org_access_tokens", "read the tokens of the organization, if I named one"),
            ("get_org_access_token", "read the permissions of each token of the organization"),
            ("list_audit_logs", "find out who created a token of unknown origin, if I named an organization"),
        ),
        expected_answer=(
            "Answer with a table: name, created, last used, expires, scopes. Then say which tokens to "
            "revoke, renew or restrict, the most urgent first: never used, unused for 90 days, without "
            "expiry, expiring within 30 days, and with more scopes than the name suggests, such as write "
            f"where read suffices. {_READ_ONLY_NOTE}"
        ),
        any_of_tools=("list_access_tokens", "list_org_access_tokens"),
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
        steps=(
            ("explain_pull", "check name, account, access, tag, platform, format and pull limit in one call"),
            ("find_tags", "find a tag to use instead, if it does not exist or lacks my platform"),
            ("what_can_i_do", "see what the account of this server may do, if access is the cause"),
            _ALLOWED_IMAGES_STEP,
        ),
        expected_answer=(
            "Answer with the most likely cause first, the evidence, and the command that fixes it. Docker "
            "may use another account than this server: say where that matters. Missing and private "
            "repositories look the same without access: say which one you assume. If no cause is found "
            "here, say what to check on the machine that pulls."
        ),
        any_of_tools=("explain_pull",),
        fallback=FallbackSteps(
            steps=(
                ("check_repository", "find out whether the repository exists and is visible"),
                ("get_repository", "find out whether it is private or inactive"),
                ("get_tag", "find out whether the tag exists and has an image for my platform"),
                ("list_tags", "look for tags with similar names, if it does not exist"),
                ("search_repositories", "look for the repository under another name, if it does not exist"),
                (
                    "create_auth_token",
                    "find out which account this server uses; call it without arguments",
                ),
                _ALLOWED_IMAGES_STEP,
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
        steps=(
            ("get_repository", "read the current overview with fields=full_description; keep what is good"),
            ("list_tags", "read the tags, how they are named, and their platforms"),
            ("update_repository", "save it as full_description, but only after I agree"),
        ),
        expected_answer=(
            "Show me the Markdown first, at most 25,000 characters: what it is in two sentences, how to "
            "run it, which tag to choose, settings, ports and volumes, where to get help, license; and a "
            "short description of at most 100 characters. Use what you found and what I told you, and ask"
            " me for missing facts instead of inventing them."
        ),
        any_of_tools=("get_repository",),
    ),
)
