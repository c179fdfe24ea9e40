"""What the attestations of an image claim. They are matched with the image; nothing is verified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from anyio import to_thread

from dockerhub_mcp.hub.errors import HubError
from dockerhub_mcp.registry.models import JSONObject
from dockerhub_mcp.registry.parsing.attestations import MAX_ATTESTATIONS, find_attestation_manifests
from dockerhub_mcp.registry.parsing.large_json import ItemReducer
from dockerhub_mcp.tools.image_content.packages import (
    SBOM_REDUCERS,
    PackageVersions,
    read_packages_and_release,
)
from dockerhub_mcp.tools.image_content.provenance import Provenance, read_provenance
from dockerhub_mcp.tools.image_content.reading import ImageContent
from dockerhub_mcp.tools.image_content.statements import (
    is_about,
    is_provenance,
    is_sbom,
    name_predicate_type,
)
from dockerhub_mcp.tools.results.sanitize import sanitize_line
from dockerhub_mcp.tools.results.values import format_size

if TYPE_CHECKING:
    from dockerhub_mcp.registry import Attestation, Descriptor, RegistrySession

HARDENED_LABEL = "com.docker.dhi."
"""The prefix of the labels of Docker Hardened Images."""

HARDENED_REMARK = (
    "Attestations of Docker Hardened Images are kept in registry.scout.docker.com, which is not read here."
)
_MAX_TYPE_CHARS = 120
_MAX_TYPES = 20


@dataclass(slots=True)
class AttestationFacts:
    """The attestations of one image as far as they were read.

    Attributes:
        found: The attestations, each with its statements; None where the index could not be read.
        provenance: What the first provenance claims; None if nothing was read.
        packages: The packages of all SBOMs; None where no SBOM was read.
        sbom_size: The size of the SBOMs that were read, in bytes.
        ignored: The number of attestations and statements that are about another image.
    """

    found: tuple[Attestation, ...] | None = None
    provenance: Provenance | None = None
    packages: PackageVersions | None = None
    sbom_size: int = 0
    ignored: int = 0

    @property
    def statements(self) -> list[tuple[str, Descriptor]]:
        """The statements of all attestations, by predicate type."""
        return [statement for each in self.found or () for statement in each.statements]

    @property
    def has_sbom(self) -> bool:
        """Whether an SBOM is attested that can be read."""
        return any(is_sbom(predicate_type) for predicate_type, _ in self.statements)

    def describe_types(self) -> list[str]:
        """Return the kinds of statements; SBOMs with their sizes, because reading them takes as much."""
        sizes: dict[str, int] = {}
        for predicate_type, descriptor in self.statements:
            name = sanitize_line(name_predicate_type(predicate_type), _MAX_TYPE_CHARS)
            sizes[name] = sizes.get(name, 0) + (descriptor.size if is_sbom(predicate_type) else 0)
        shown = [f"{name} ({format_size(size)})" if size else name for name, size in sizes.items()]
        return shown[:_MAX_TYPES]


@dataclass(slots=True)
class AttestationReader:
    """Reads the attestations of the chosen image of an index.

    Attributes:
        content: The image, with its index.
        session: The session that counts the pulls.
        facts: What was read so far.
    """

    content: ImageContent
    session: RegistrySession
    facts: AttestationFacts = field(default_factory=AttestationFacts)

    async def list_types(self) -> None:
        """Read which attestations there are; one pull for each, usually one.

        Raises:
            HubError: They could not be read.
        """
        content = self.content
        if content.index is None or not content.image_digest:
            self.facts.found = None if content.may_have_attestations else ()
            return
        named = find_attestation_manifests(content.index, content.image_digest)[:MAX_ATTESTATIONS]
        found = await self.session.list_attestations(
            content.resolved.target.full_name, content.index, content.image_digest
        )
        matching = tuple(each for each in found if each.subject_digest == content.image_digest)
        # Those that name another image as their subject are not among the found ones.
        self.facts.ignored += len(named) - len(matching)
        self.facts.found = matching

    async def read_provenance(self) -> None:
        """Read the provenance; this is no pull.

        Raises:
            HubError: It could not be read.
        """
        for predicate_type, descriptor in self.facts.statements:
            if is_provenance(predicate_type):
                statement = await self._read_statement(descriptor)
                if statement is not None:
                    self.facts.provenance = read_provenance(statement)
                    return

    async def read_sbom(self) -> None:
        """Read the packages of all SBOMs; this is no pull, but may be tens of megabytes.

        Raises:
            HubError: One of them could not be read; then none is counted.
        """
        statements = []
        for predicate_type, descriptor in self.facts.statements:
            if is_sbom(predicate_type):
                statement = await self._read_statement(descriptor, SBOM_REDUCERS)
                if statement is not None:
                    statements.append(statement)
                    self.facts.sbom_size += descriptor.size
        if statements:
            # In a thread: an SBOM may list tens of thousands of packages.
            self.facts.packages = await to_thread.run_sync(read_packages_and_release, statements)

    async def _read_statement(
        self, descriptor: Descriptor, reducers: Mapping[str, ItemReducer] | None = None
    ) -> JSONObject | None:
        """Return a statement about the image; None where it is about another one."""
        repository = self.content.resolved.target.full_name
        statement = await self.session.get_statement(repository, descriptor, reducers)
        if is_about(statement, self.content.image_digest):
            return statement
        self.facts.ignored += 1
        return None


async def read_attestations(
    content: ImageContent, session: RegistrySession, *, provenance: bool, sbom: bool
) -> AttestationFacts:
    """Read the attestations of the chosen image; what cannot be read becomes a gap.

    Args:
        content: The image, with its index.
        session: The session that counts the pulls.
        provenance: Whether to read what the provenance claims.
        sbom: Whether to read the packages of the SBOMs.
    """
    reader = AttestationReader(content, session)
    steps = [("attestations", reader.list_types)]
    steps += [("provenance", reader.read_provenance)] if provenance else []
    steps += [("packages", reader.read_sbom)] if sbom else []
    for number, (name, step) in enumerate(steps):
        try:
            await step()
        except HubError as error:
            content.resolved.add_gap(name, error)
            if number == 0:
                break
    return reader.facts
