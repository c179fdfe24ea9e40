"""The Docker Hardened Images of an organization, from Docker Scout.

The OpenAPI document omits this method; Docker's own clients use it. The query requests the same fields as
they do; other fields of the service are not certain to exist.
"""

from __future__ import annotations

from typing import Any

from dockerhub_mcp.hub.api.method import POST, Area, Effect, Method, Scope, Service
from dockerhub_mcp.hub.api.types import OrgName
from dockerhub_mcp.hub.decoding import decode_json_object
from dockerhub_mcp.hub.error_bodies import describe_errors
from dockerhub_mcp.hub.errors import Forbidden, UnexpectedAnswer
from dockerhub_mcp.hub.models import HardenedImage, HardenedImages
from dockerhub_mcp.hub.quoting import quote_name
from dockerhub_mcp.hub.redaction import Redactor

_GRAPHQL_QUERY = """query HardenedImages($organization: String!) {
  dhiListMirroredRepositories(context: {organization: $organization}) {
    mirroredRepositories {
      destinationRepository { namespace name }
      dhiSourceRepository { namespace name displayName }
    }
  }
}"""


class ListHardenedImages(Method[HardenedImages]):
    """List the Docker Hardened Images that an organization mirrors, each with its source.

    Undocumented by Docker, used by its clients. The organization must be entitled to them.
    """

    http = POST("/v1/graphql")
    effect = Effect.READ
    scope = Scope.ORGANIZATION
    area = Area.SEARCH
    title = "List Docker Hardened Images"
    service = Service.SCOUT
    oat_scope = ""
    is_documented = False

    organization: OrgName

    def build_body(self) -> dict[str, Any]:
        """Return the GraphQL request."""
        return {"query": _GRAPHQL_QUERY, "variables": {"organization": self.organization}}

    def parse(self, status: int, content: bytes) -> HardenedImages:
        """Parse the GraphQL response, which reports errors with status 200.

        Raises:
            Forbidden: The account may not see the organization's images.
            UnexpectedAnswer: The service reported another error.
            ValueError: The response lacks the list of images.
        """
        data = decode_json_object(content)
        if errors := data.get("errors"):
            message = describe_errors(errors, Redactor())
            if "FORBIDDEN" in str(errors):
                what = f"Docker Scout does not show the hardened images of {quote_name(self.organization)}."
                why = "The account is not a member, or the organization has no Docker Hardened Images."
                raise Forbidden(
                    what, status=status, hub_message=message, why=why, remedy="List your organizations."
                )
            what = "Docker Scout did not return the hardened images."
            raise UnexpectedAnswer(what, hub_message=message, remedy="Try again later.")
        listed = _get_nested(data, "data", "dhiListMirroredRepositories", "mirroredRepositories")
        if not isinstance(listed, list):
            msg = "the answer names no repositories"
            raise ValueError(msg)  # noqa: TRY004 - a response that does not fit is a ValueError
        images = [_parse_image(item if isinstance(item, dict) else {}) for item in listed]
        found = HardenedImages(organization=self.organization, results=images)
        if found.find_defect():
            msg = "the answer names no repositories"
            raise ValueError(msg)
        found.leave_out_unreadable_items()
        return found


def _parse_image(item: dict[str, Any]) -> HardenedImage:
    display_name = _get_nested(item, "dhiSourceRepository", "displayName")
    return HardenedImage(
        repository=_format_repository(item.get("destinationRepository")),
        source=_format_repository(item.get("dhiSourceRepository")),
        display_name=display_name if isinstance(display_name, str) else None,
    )


def _format_repository(repository: Any) -> str | None:
    namespace, name = _get_nested(repository, "namespace"), _get_nested(repository, "name")
    return f"{namespace}/{name}" if namespace and name else None


def _get_nested(value: Any, *keys: str) -> Any:
    for name in keys:
        value = value.get(name) if isinstance(value, dict) else None
    return value
