from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from dockerhub_mcp.hub import HUB_URL
from dockerhub_mcp.hub.auth.docker_config import (
    HUB_SERVER_URL,
    HelperLookup,
    LoginServer,
    StoredLogin,
    find_login,
    parse_helper_output,
)
from dockerhub_mcp.hub.errors import CredentialError

THE_HUB = LoginServer(
    (HUB_SERVER_URL, "index.docker.io", "docker.io", "registry-1.docker.io"), is_docker_hub=True
)
HERE = LoginServer(("http://127.0.0.1:8080",), is_docker_hub=False)
SECRET = "dckr_pat_kept_by_docker"


def build_auth(text: str = f"ada:{SECRET}") -> dict[str, str]:
    return {"auth": base64.b64encode(text.encode()).decode()}


def find(server: LoginServer = THE_HUB, **config: Any) -> StoredLogin | HelperLookup | None:
    return find_login(json.dumps(config), server, config_name="config.json")


@pytest.mark.parametrize(
    ("address", "server"),
    [
        (HUB_URL, THE_HUB),
        (f" {HUB_URL}/ ", THE_HUB),
        ("HTTPS://HUB.DOCKER.COM", THE_HUB),
        ("http://127.0.0.1:8080/", HERE),
        ("http://localhost:1", LoginServer(("http://localhost:1",), is_docker_hub=False)),
        ("http://[::1]:1", LoginServer(("http://[::1]:1",), is_docker_hub=False)),
        ("https://hub.example.com", None),
        ("https://hub.docker.com.example.com", None),
        ("https://hub.docker.com:8443", None),
        ("https://hub.docker.com/proxy", None),
        ("https://index.docker.io", None),
    ],
)
def test_a_login_is_for_docker_hub_or_for_this_machine(address: str, server: LoginServer | None) -> None:
    assert LoginServer.from_base_url(address, HUB_URL) == server


@pytest.mark.parametrize(
    "key",
    [
        HUB_SERVER_URL,
        "https://index.docker.io/v1",
        "index.docker.io/v1/",
        "https://index.docker.io",
        "index.docker.io",
        "docker.io",
        "https://docker.io/",
        "registry-1.docker.io",
        "https://registry-1.docker.io/v2/",
    ],
)
def test_the_hub_has_several_keys_in_a_file(key: str) -> None:
    assert find(auths={"ghcr.io": build_auth("x:y"), key: build_auth()}) == StoredLogin(
        "ada", SECRET, "config.json"
    )


@pytest.mark.parametrize(
    "key",
    [
        "https://index.docker.io/v1/access-token",
        "https://index.docker.io/v1/refresh-token",
        "ghcr.io",
        "docker.io.example.com",
        "docker.io/library/redis",
        "http://index.docker.io/v1/",
        "hub.docker.com",
    ],
)
def test_entries_of_other_servers_are_ignored(key: str) -> None:
    assert find(auths={key: build_auth()}) is None
    assert find(credHelpers={key: "pass"}) is None


def test_the_usual_key_comes_first() -> None:
    assert find(auths={"docker.io": build_auth("x:y"), HUB_SERVER_URL: build_auth()}) == StoredLogin(
        "ada", SECRET, "config.json"
    )


@pytest.mark.parametrize(
    ("entry", "login"),
    [
        (build_auth(f"ada:{SECRET}\0\0"), ("ada", SECRET)),
        (build_auth("acme:with:colons"), ("acme", "with:colons")),
        ({"username": "ada", "password": SECRET}, ("ada", SECRET)),
        ({"username": "x", "password": "y", **build_auth()}, ("ada", SECRET)),
        ({}, None),
        ({"email": "ada@example.com"}, None),
        ({"username": "ada"}, None),
        (build_auth("ada:"), None),
    ],
)
def test_an_entry_is_read_as_docker_reads_it(entry: dict[str, str], login: tuple[str, str] | None) -> None:
    expected = login and StoredLogin(*login, "config.json")
    assert find(auths={HUB_SERVER_URL: entry}) == expected


@pytest.mark.parametrize(
    ("config", "ask"),
    [
        ({"credsStore": "desktop"}, HelperLookup("desktop", (HUB_SERVER_URL,))),
        (
            {"credsStore": "desktop", "auths": {HUB_SERVER_URL: build_auth()}},
            HelperLookup("desktop", (HUB_SERVER_URL,)),
        ),
        (
            {"credsStore": "desktop", "credHelpers": {HUB_SERVER_URL: "pass"}},
            HelperLookup("pass", (HUB_SERVER_URL,)),
        ),
        (
            {"credsStore": "desktop", "credHelpers": {"docker.io": "pass"}},
            HelperLookup("pass", (HUB_SERVER_URL, "docker.io")),
        ),
        (
            {"credsStore": "desktop", "credHelpers": {"ghcr.io": "pass"}},
            HelperLookup("desktop", (HUB_SERVER_URL,)),
        ),
        ({"credHelpers": {"ghcr.io": "pass"}}, None),
        ({"credsStore": "desktop", "credHelpers": {HUB_SERVER_URL: ""}}, None),
        (
            {"credHelpers": {HUB_SERVER_URL: ""}, "auths": {HUB_SERVER_URL: build_auth()}},
            StoredLogin("ada", SECRET, "config.json"),
        ),
        (
            {"credsStore": "", "auths": {HUB_SERVER_URL: build_auth()}},
            StoredLogin("ada", SECRET, "config.json"),
        ),
        ({"credHelpers": [], "auths": None}, None),
        ({}, None),
    ],
)
def test_helpers_take_precedence_over_the_file_and_specific_over_default(
    config: dict[str, Any], ask: StoredLogin | HelperLookup | None
) -> None:
    assert find(**config) == ask


def test_a_hub_on_this_machine_needs_its_exact_address() -> None:
    config = {
        "credsStore": "desktop",
        "auths": {
            HUB_SERVER_URL: build_auth(),
            "127.0.0.1:8080": build_auth(),
            "http://127.0.0.1:8081": build_auth(),
        },
    }
    assert find(HERE, **config) is None
    config["auths"] = {"http://127.0.0.1:8080/": build_auth()}
    assert find(HERE, **config) == StoredLogin("ada", SECRET, "config.json")
    assert find(HERE, credHelpers={"http://127.0.0.1:8080": "pass"}) == HelperLookup("pass", HERE.urls)


@pytest.mark.parametrize(
    "name", ["../evil", "/bin/sh", "a/b", "a\\b", "", " ", "-x", ".x", "a b", "pass\n", "x;y", 7, ["pass"]]
)
def test_a_path_as_a_helper_name_is_refused(name: object) -> None:
    if name == "":
        assert find(credsStore=name) is None
        return
    for config in ({"credsStore": name}, {"credHelpers": {HUB_SERVER_URL: name}}):
        with pytest.raises(CredentialError, match="names a credential helper with an invalid name"):
            find(**config)


@pytest.mark.parametrize("text", ["{", "[]", "7", "null", '"x"', "[" * 100_000])
def test_an_invalid_configuration_is_an_error(text: str) -> None:
    with pytest.raises(CredentialError, match="is not the JSON object that Docker writes") as caught:
        find_login(text, THE_HUB, config_name="/x/config.json")
    assert "/x/config.json" in str(caught.value)


def test_an_empty_configuration_has_no_login() -> None:
    assert find_login(" \n", THE_HUB, config_name="x") is None


@pytest.mark.parametrize("value", ["%%%", "YWRh", base64.b64encode(b":secret").decode(), "ÿ", 7])
def test_an_invalid_auth_is_an_error_without_its_value(value: object) -> None:
    with pytest.raises(CredentialError, match="not base64 of a name and a secret") as caught:
        find(auths={HUB_SERVER_URL: {"auth": value}})
    assert "secret:" not in str(caught.value)
    assert "docker login" in caught.value.remedy


def test_an_entry_that_is_not_an_object_is_an_error() -> None:
    with pytest.raises(CredentialError, match="is not an object"):
        find(auths={HUB_SERVER_URL: "ada"})


@pytest.mark.parametrize("name", ["identitytoken", "registrytoken"])
def test_tokens_for_registries_are_not_sent_to_the_hub(name: str) -> None:
    with pytest.raises(CredentialError, match="an identity token, which is for registries") as caught:
        find(auths={HUB_SERVER_URL: {name: "hush-hush"}})
    assert "hush-hush" not in str(caught.value)
    # An identity token is ignored where the entry has a password.
    assert find(auths={HUB_SERVER_URL: {name: "x", **build_auth()}}) == StoredLogin(
        "ada", SECRET, "config.json"
    )


def build_output(**content: object) -> str:
    return json.dumps({"ServerURL": HUB_SERVER_URL, **content})


def test_the_output_of_a_helper_is_parsed() -> None:
    login = parse_helper_output(build_output(Username="ada", Secret=SECRET), program="docker-credential-x")
    assert login == StoredLogin("ada", SECRET, "docker-credential-x")
    assert SECRET not in repr(login)
    assert parse_helper_output(build_output(Username="", Secret=""), program="x") is None
    assert parse_helper_output(build_output(Username="ada", Secret=" "), program="x") is None


@pytest.mark.parametrize(
    "text",
    ["", "ok", "[]", "{}", build_output(Username="ada"), build_output(Username="ada", Secret=["hush-hush"])],
)
def test_invalid_output_of_a_helper_is_an_error_without_its_value(text: str) -> None:
    with pytest.raises(CredentialError, match="did not return the JSON of a credential helper") as caught:
        parse_helper_output(text, program="docker-credential-x")
    assert "hush-hush" not in str(caught.value)
    assert "docker-credential-x list" in caught.value.remedy


def test_an_identity_token_of_a_helper_is_not_sent_to_the_hub() -> None:
    with pytest.raises(CredentialError, match="an identity token"):
        parse_helper_output(build_output(Username="<token>", Secret="hush-hush"), program="x")


def test_a_session_of_the_sign_in_service_is_not_sent_to_the_hub() -> None:
    jwt = "eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2ln"
    with pytest.raises(CredentialError, match="a session of Docker's sign-in service") as caught:
        parse_helper_output(build_output(Username="ada", Secret=jwt), program="x")
    assert jwt not in str(caught.value)
    with pytest.raises(CredentialError, match="a session of Docker's sign-in service") as caught:
        find(auths={HUB_SERVER_URL: build_auth(f"ada:{jwt}")})
    assert jwt not in str(caught.value)
