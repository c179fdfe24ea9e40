"""How error messages name a service and the setting of its address. Uses only the standard library."""

from __future__ import annotations

from typing import NamedTuple


class ServiceNames(NamedTuple):
    """The names of a service in error messages.

    Attributes:
        service: Such as `the Hub`.
        setting: The environment variable that holds its address; empty without one.
        example: An address that the setting may have.
        api: The name of its API, such as `the Hub API`.
        status_page: Where its operator reports incidents, as a remedy.
        path: A path that requests have, as an example.
    """

    service: str
    setting: str
    example: str
    api: str
    status_page: str = ""
    path: str = "/v2/namespaces"

    @property
    def address(self) -> str:
        """The address of the service, such as `the Hub's address`."""
        return f"{self.service}'s address"

    @property
    def address_with_setting(self) -> str:
        """The address of the service with the variable that holds it."""
        return f"{self.address} ({self.setting})" if self.setting else self.address

    @property
    def log_name(self) -> str:
        """The name of the service in log messages, such as `hub`."""
        return self.service.removeprefix("the ").lower()

    def start_sentence(self) -> str:
        """Return the name of the service as the start of a sentence, such as `The Hub`."""
        return self.service[:1].upper() + self.service[1:]


HUB_NAMES = ServiceNames("the Hub", "DOCKERHUB_API_URL", "https://hub.docker.com", "the Hub API")
