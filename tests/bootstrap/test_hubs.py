from __future__ import annotations

import os
from pathlib import Path

from dockerhub_mcp.bootstrap.hubs import HubFactory
from dockerhub_mcp.config import Settings
from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret


def test_configured_secrets_are_masked_before_the_first_request(tmp_path: Path) -> None:
    token_file, scim_file = tmp_path / "token", tmp_path / "scim"
    token_file.write_text("\ufeffpassword-of-ada\n", "utf-8")
    scim_file.write_text("scim-token-of-acme\n", "utf-8")
    environments = [
        {"DOCKERHUB_TOKEN": " password-of-ada ", "DOCKERHUB_SCIM_TOKEN": "scim-token-of-acme"},
        {"DOCKERHUB_TOKEN_FILE": str(token_file), "DOCKERHUB_SCIM_TOKEN_FILE": str(scim_file)},
    ]
    for environment in environments:
        factory = HubFactory(Settings(), environment | {"DOCKERHUB_USERNAME": "ada"})
        for redact in (factory.redactor, factory.redactor.redact_log, factory.create_hub().redact):
            assert redact("password-of-ada scim-token-of-acme") == "*** ***"


def test_the_secrets_of_requests_are_masked_in_log_lines_and_for_their_account_alone() -> None:
    factory = HubFactory(Settings(), {})
    first = factory.create_hub_for(Credentials.from_strings("ada", "password-of-ada"))
    second = factory.create_hub_for(Credentials.from_strings("grace", "password-of-grace"))
    text = "password-of-ada password-of-grace"
    assert first.redact(text) == "*** password-of-grace"
    assert second.redact(text) == "password-of-ada ***"
    assert factory.redactor.redact_log(text) == "*** ***"


def test_a_client_of_its_own_knows_its_secrets_at_once() -> None:
    credentials = Credentials.from_strings("ada", "password-of-ada")
    hub = Hub(credentials, scim_token=StaticSecret("scim-token-of-acme"))
    assert hub.redact("password-of-ada scim-token-of-acme") == "*** ***"


def test_a_named_pipe_is_not_read_in_advance(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    environment = {"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN_FILE": str(pipe)}
    assert HubFactory(Settings(), environment).credentials is not None


def test_a_secret_that_a_check_refuses_is_masked_too(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("two words and\na line break")
    factory = HubFactory(Settings(), {"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN_FILE": str(path)})
    assert factory.redactor("two words and\na line break") == "***"


def test_the_password_of_a_proxy_is_masked() -> None:
    environment = {"HTTPS_PROXY": "http://ada:pr%40xy-pass@proxy:3128", "no_proxy": "a@b"}
    redact = HubFactory(Settings(), environment).create_hub().redact
    assert redact("pr@xy-pass and pr%40xy-pass") == "*** and ***"
