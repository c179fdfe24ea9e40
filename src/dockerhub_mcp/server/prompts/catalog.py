"""The prompts: what each asks for, the tools that help with it, and what the answer should be.

A step is told where its tool is on. Where it is off, the prompt says so, and which option would bring it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ArgumentKind(StrEnum):
    """What an argument holds, which decides how it is completed."""

    TEXT = "text"
    IMAGE = "image"
    """`redis`, `acme/app`, with or without a tag."""
    REPOSITORY = "repository"
    """`acme/app`."""
    ORGANIZATION = "organization"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class ArgumentDefinition:
    """An argument of a prompt.

    Attributes:
        name: Its name.
        description: What a person reads beside the field.
        kind: What it holds.
        required: Whether the prompt needs it.
        template: How it stands in the text; `{}` is the value. Nothing stands there where it is left out.
        is_quoted: Whether it is text of somebody else, which stands in quotes and may be longer.
    """

    name: str
    description: str
    kind: ArgumentKind = ArgumentKind.TEXT
    required: bool = False
    template: str = "{}"
    is_quoted: bool = False

    @property
    def max_length(self) -> int:
        """Characters of it that are taken."""
        return 1000 if self.is_quoted else 200


@dataclass(frozen=True, slots=True)
class PromptDefinition:
    """A prompt.

    Attributes:
        name: Its name.
        title: What a person reads in the menu.
        description: What it does, a sentence.
        arguments: What it asks for.
        goal: Its first words.
        steps: Tools, and what for.
        expected_answer: What the answer should be.
        any_of_tools: Tools of which one at least must be on, or the prompt is not offered.
    """

    name: str
    title: str
    description: str
    arguments: tuple[ArgumentDefinition, ...]
    goal: str
    steps: tuple[tuple[str, str], ...]
    expected_answer: str
    any_of_tools: tuple[str, ...]


_ORGANIZATION_DESCRIPTION = "Name of the organization."
_READ_ONLY_NOTE = "Change nothing. Say what you could not see, and why."

PROMPTS = (
    PromptDefinition(
        name="pin_image",
        title="Choose a base image and pin it",
        description="Find the tag of an image that fits your purpose, and pin it by digest.",
        arguments=(
            ArgumentDefinition(
                "image",
                "Image, such as python or acme/app; or words to look for.",
                ArgumentKind.IMAGE,
                required=True,
            ),
            ArgumentDefinition("purpose", "What you need it for.", template=" It is for this: {}."),
            ArgumentDefinition(
                "platform",
                "Platform it must run on, such as linux/arm64.",
                ArgumentKind.PLATFORM,
                template=" It must run on {}.",
            ),
        ),
        goal="Choose a base image from Docker Hub and pin it by digest: {image}.{purpose}{platform}",
        steps=(
            (
                "search_repositories",
                "find candidates if this is no name of an image; prefer official and verified publishers",
            ),
            ("get_repository", "see whether it is kept up, and what its publisher says about versions"),
            (
                "list_tags",
                (
                    "look at the newest tags, filtered by name; prefer a tag of a stable version to one that "
                    "moves, such as latest, and a small variant where it is enough"
                ),
            ),
            ("get_tag", "take the digest of the tag you choose, and check its platforms and its last push"),
        ),
        expected_answer="Answer with the line for a Dockerfile (FROM name:tag@sha256:...), the platforms and the "
        "size, the date of the last push, one sentence why this one, and which tag to watch for updates.",
        any_of_tools=("list_tags", "get_tag"),
    ),
    PromptDefinition(
        name="review_access",
        title="Review who has access",
        description="Go through members, groups and repositories of an organization, and say what is odd.",
        arguments=(
            ArgumentDefinition(
                "organization", _ORGANIZATION_DESCRIPTION, ArgumentKind.ORGANIZATION, required=True
            ),
        ),
        goal="Review who has access to what in the Docker Hub organization {organization}.",
        steps=(
            ("list_org_members", "read all members with max_items: their roles, and when each was last seen"),
            ("list_org_invites", "read who was invited and has not answered"),
            ("list_org_groups", "read the groups (teams)"),
            ("list_org_group_members", "read who is in each group"),
            ("list_repositories", "read the repositories of the organization, and which are private"),
            ("list_repository_groups", "read which group may do what in a repository, private ones first"),
            ("list_org_access_tokens", "read which programs have access, too"),
            ("list_audit_logs", "read what was changed about members and groups lately"),
        ),
        expected_answer="Answer with a table of who can do what, and then with what you would change, the most "
        "pressing first: more owners than needed, members who were long not seen, guests, groups that could "
        f"do with less, old invites. {_READ_ONLY_NOTE}",
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
            ("list_access_tokens", "read the personal tokens of the account that is signed in, all of them"),
            ("list_org_access_tokens", "read the tokens of the organization, if I named one"),
            ("get_org_access_token", "read what each token of the organization may do, and where"),
            ("list_audit_logs", "find out who made a token that nobody knows, if I named an organization"),
        ),
        expected_answer="Answer with a table: name, made, last used, expires, scopes. Then say which ones you would "
        "revoke, renew or narrow, the most pressing first: never used, not used for 90 days, without an end, "
        "at their end within 30 days, and broader than their name suggests, such as writing where reading "
        f"would do. {_READ_ONLY_NOTE}",
        any_of_tools=("list_access_tokens", "list_org_access_tokens"),
    ),
    PromptDefinition(
        name="explain_failed_pull",
        title="Explain a failed pull",
        description="Find out why docker pull does not get an image, and what would help.",
        arguments=(
            ArgumentDefinition(
                "image", "Image as you pulled it, such as acme/app:1.4.", ArgumentKind.IMAGE, required=True
            ),
            ArgumentDefinition(
                "error", "What Docker said.", template=" Docker said this: {}", is_quoted=True
            ),
            ArgumentDefinition(
                "platform", "Platform you pull for.", ArgumentKind.PLATFORM, template=" I pull it for {}."
            ),
        ),
        goal="Explain why I cannot pull {image} from Docker Hub.{platform}{error}",
        steps=(
            ("check_repository", "find out whether the repository is there to be seen"),
            ("get_repository", "find out whether it is private or inactive"),
            ("get_tag", "find out whether the tag is there, and has an image for my platform"),
            ("list_tags", "look for tags with names like it, if it is not"),
            ("search_repositories", "look for the repository under another name, if it is not there"),
            ("create_auth_token", "find out as whom this server asks; call it without arguments"),
            (
                "get_org_settings",
                "find out which images my organization lets its members pull, if I am in one",
            ),
        ),
        expected_answer="Answer with the most likely cause first, how you know, and the command that would help. "
        "Think of a misspelt name, a tag that is gone, a platform that is missing, a private repository "
        "without docker login or without rights, and the limit of pulls (toomanyrequests), which shows "
        "nowhere here. Missing and private look the same to who may not see it: say which you mean.",
        any_of_tools=("get_tag", "check_tag", "list_tags", "get_repository", "check_repository"),
    ),
    PromptDefinition(
        name="write_overview",
        title="Write the overview for my repository",
        description="Draft the README that Docker Hub shows for your repository, from what is really there.",
        arguments=(
            ArgumentDefinition(
                "repository",
                "Repository with its namespace, such as acme/app.",
                ArgumentKind.REPOSITORY,
                required=True,
            ),
            ArgumentDefinition("audience", "Who will read it.", template=" It is for these readers: {}."),
        ),
        goal="Write the overview (README) of my Docker Hub repository {repository}.{audience}",
        steps=(
            ("get_repository", "read the present overview with fields=full_description; keep what is good"),
            ("list_tags", "read which tags there are, how they are named, and for which platforms"),
            ("update_repository", "save it as full_description, but only once I have agreed to it"),
        ),
        expected_answer="Show me the Markdown first, at most 25,000 characters: what it is in two sentences, how to "
        "run it, which tag to choose, settings, ports and volumes, where to ask, licence; and a short "
        "description of at most 100 characters. Use what you found and what I told you, and ask me for the "
        "rest instead of making it up.",
        any_of_tools=("get_repository",),
    ),
)
