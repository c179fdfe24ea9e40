"""Find the images of Kubernetes manifests, and of YAML of other kinds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dockerhub_mcp.tools.image_sources.model import (
    MAX_REFERENCES,
    FoundReference,
    ImageSource,
    ReferenceStatus,
    SourceKind,
    cut_reference,
)
from dockerhub_mcp.tools.image_sources.yaml_nodes import MappingNode, Node, ScalarNode, VisitedNodes

_LISTS = {
    "containers": "container",
    "initContainers": "init container",
    "ephemeralContainers": "ephemeral container",
    "volumes": "volume",
}
_WORKLOADS = frozenset(
    {
        "CronJob", "DaemonSet", "Deployment", "Job", "Pod", "PodTemplate", "ReplicaSet",
        "ReplicationController", "StatefulSet",
    }
)  # fmt: skip
_MAX_NAME_CHARS = 80


def is_kubernetes(root: Node) -> bool:
    """Tell whether a document is an object of Kubernetes."""
    return isinstance(root, MappingNode) and all(
        isinstance(root.find(name), ScalarNode) for name in ("kind", "apiVersion")
    )


def read_manifests(roots: list[Node]) -> ImageSource:
    """Return the images of Kubernetes objects, in the order of the text."""
    reader = _NodeReader()
    for root in roots:
        reader.read(root)
    notes = []
    if any(not found.is_certain for found in reader.references):
        notes.append("Kinds marked 'perhaps' have an image field, which may mean something else there.")
    return ImageSource(SourceKind.KUBERNETES, tuple(reader.references), tuple(notes))


def read_other_yaml(roots: list[Node]) -> ImageSource:
    """Return what may be images in YAML of an unknown kind, such as CI workflows and chart values."""
    reader = _NodeReader()
    for root in roots:
        reader.read(root)
    note = "It is no compose file and no Kubernetes manifest: every `image` field was read as an image."
    return ImageSource(SourceKind.YAML, tuple(reader.references), (note,))


@dataclass(frozen=True, slots=True)
class _Position:
    """Where a node is: in which object, and whether that is a workload whose fields are known."""

    owner: str = ""
    is_workload: bool = False
    kind: str = ""


@dataclass(slots=True)
class _NodeReader:
    """Walks the nodes, each only once."""

    references: list[FoundReference] = field(default_factory=list)
    visited: VisitedNodes = field(default_factory=VisitedNodes)

    def read(self, root: Node) -> None:
        """Add the images of a document."""
        waiting: list[tuple[Node, _Position]] = [(root, _Position())]
        while waiting and len(self.references) < MAX_REFERENCES:
            node, position = waiting.pop()
            if isinstance(node, ScalarNode) or not self.visited.add(node):
                continue
            if isinstance(node, MappingNode):
                position = _find_owner(node, position)
                self._read_mapping(node, position)
                children = list(_iterate_children(node, position))
            else:
                children = [(item, position) for item in node.items]
            waiting += reversed(children)

    def _read_mapping(self, node: MappingNode, position: _Position) -> None:
        image = node.find("image")
        name = node.find_scalar("name")
        label = f"{position.kind} {name.value[:_MAX_NAME_CHARS]}".strip() if name is not None else ""
        place = " ".join(part for part in (position.owner, label) if part)
        if isinstance(image, ScalarNode):
            self._add(image, place, is_certain=position.is_workload)
        elif isinstance(image, MappingNode):
            self._read_image_mapping(image, place, is_certain=position.is_workload)

    def _read_image_mapping(self, image: MappingNode, place: str, *, is_certain: bool) -> None:
        """Add an image volume, or an image in parts as in the values of charts."""
        if (reference := image.find_scalar("reference")) is not None:
            self._add(reference, place, is_certain=is_certain)
            return
        repository = image.find_scalar("repository")
        if repository is None or not repository.value.strip():
            return
        registry, tag, digest = (image.find_scalar(name) for name in ("registry", "tag", "digest"))
        text = repository.value.strip()
        if registry is not None and registry.value.strip():
            text = f"{registry.value.strip()}/{text}"
        if tag is not None and tag.value.strip():
            text += f":{tag.value.strip()}"
        if digest is not None and digest.value.strip():
            text += f"@{digest.value.strip()}"
        line = (tag or repository).line
        self._add(ScalarNode(text, line), place, is_certain=False)

    def _add(self, image: ScalarNode, place: str, *, is_certain: bool) -> None:
        raw = cut_reference(image.value.strip())
        if image.is_null or not raw:
            return
        status, reason = ReferenceStatus.IMAGE, ""
        if "{{" in raw or "$" in raw:
            status = ReferenceStatus.UNRESOLVED
            reason = "an expression that is evaluated elsewhere; pass the image with its value"
        self.references.append(FoundReference(image.line, raw, raw, place, status, reason, is_certain))


def _find_owner(node: MappingNode, position: _Position) -> _Position:
    """Return the position within an object, if the mapping is one."""
    kind = node.values.get("kind")
    if not isinstance(kind, ScalarNode) or "apiVersion" not in node.values:
        return position
    metadata = node.find_mapping("metadata")
    name = metadata.find_scalar("name") or metadata.find_scalar("generateName") if metadata else None
    label = f"{kind.value[:_MAX_NAME_CHARS]}{f'/{name.value[:_MAX_NAME_CHARS]}' if name else ''}"
    return _Position(label, kind.value in _WORKLOADS)


def _iterate_children(node: MappingNode, position: _Position) -> Iterator[tuple[Node, _Position]]:
    for key, value in node.pairs:
        kind = _LISTS.get(key.value, position.kind)
        yield value, _Position(position.owner, position.is_workload, kind)
