"""Test OAuth tokens against a small authorization server on a real socket."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.server.http.auth.oauth import JWTVerifier
from dockerhub_mcp.server.http.auth.verifier import (
    Caller,
    InsufficientScope,
    InvalidToken,
    TokenVerifierUnavailable,
)
from dockerhub_mcp.tools.access import Access
from tests.support.authorization_server import METADATA, RSA, Issuer, PrivateKey, jwk
from tests.support.fixture_types import Clock

AUDIENCE = "https://mcp.example/mcp"
OPENID = "/.well-known/openid-configuration"

RSA_AFTER = rsa.generate_private_key(65537, 2048)
RSA_WEAK = rsa.generate_private_key(65537, 1024)  # noqa: S505 - it must not be used
P256 = ec.generate_private_key(ec.SECP256R1())
P384 = ec.generate_private_key(ec.SECP384R1())
P521 = ec.generate_private_key(ec.SECP521R1())
ED = ed25519.Ed25519PrivateKey.generate()


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    made: list[Issuer] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await made[0].answer(reader, writer)

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    made.append(Issuer(server.sockets[0].getsockname()[1]))
    yield made[0]
    made[0].gate.set()
    server.close()
    await server.wait_closed()


Make = Callable[..., JWTVerifier]


@pytest.fixture
async def make(issuer: Issuer, clock: Clock) -> AsyncIterator[Make]:
    opened: list[JWTVerifier] = []

    def make(**options: Any) -> JWTVerifier:
        opened.append(JWTVerifier(**{"issuer": issuer.url, "audience": AUDIENCE, "clock": clock, **options}))
        return opened[-1]

    yield make
    for one in opened:
        await one.aclose()


@pytest.fixture
def oauth(make: Make) -> JWTVerifier:
    return make()


Sign = Callable[..., str]


@pytest.fixture
def sign(issuer: Issuer) -> Sign:
    """Sign a token that is valid except for what a test changes; a claim of None is left out."""

    def sign(
        key: Any = RSA,
        algorithm: str = "RS256",
        kid: str | None = "k1",
        headers: dict[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        now = int(time.time())
        good = {"iss": issuer.url, "aud": AUDIENCE, "sub": "ada", "exp": now + 300, "iat": now}
        good |= {"scope": "dockerhub:read"}
        claims = {name: value for name, value in (good | claims).items() if value is not None}
        head = ({} if kid is None else {"kid": kid}) | (headers or {})
        return jwt.encode(claims, key, algorithm=algorithm, headers=head)

    return sign


async def is_good(oauth: JWTVerifier, token: str) -> bool:
    return (await oauth.verify_token(token)).name == "ada"


async def refused(oauth: JWTVerifier, token: str) -> str:
    with pytest.raises(InvalidToken) as caught:
        await oauth.verify_token(token)
    assert not any(len(part) > 8 and part in str(caught.value) for part in token.split("."))
    return caught.value.log_reason


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        *((f"{family}{bits}", RSA) for family in ("RS", "PS") for bits in (256, 384, 512)),
        ("ES256", P256),
        ("ES384", P384),
        ("ES512", P521),
        ("EdDSA", ED),
    ],
)
async def test_a_good_token(
    issuer: Issuer, oauth: JWTVerifier, sign: Sign, algorithm: str, key: PrivateKey
) -> None:
    issuer.publish(jwk(key))
    caller = await oauth.verify_token(sign(key, algorithm))
    assert caller == Caller("ada", Access.READ, (), issuer.url, caller.subject)
    head, claims, signature = sign(key, algorithm, sub="eve").split(".")
    _, _, other = sign(key, algorithm).split(".")
    assert other != signature
    assert await refused(oauth, f"{head}.{claims}.{other}") == "no key of the issuer verifies it"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": lambda now: now - 31}, "it has expired"),
        ({"nbf": lambda now: now + 60}, "it is not valid yet"),
        ({"iat": lambda now: now + 60}, "it is not valid yet"),
        ({"exp": lambda _: None}, "it lacks one of the claims exp, iss and aud"),
        ({"iss": lambda _: None}, "it lacks one of the claims exp, iss and aud"),
        ({"aud": lambda _: None}, "it lacks one of the claims exp, iss and aud"),
        ({"aud": lambda _: "https://other.example"}, "it is meant for another audience"),
        ({"aud": lambda _: [AUDIENCE + "/"]}, "it is meant for another audience"),
        ({"iss": lambda _: "https://other.example"}, "it is from another issuer"),
        ({"exp": lambda _: "soon"}, "its claims are malformed"),
        ({"exp": lambda _: float("inf")}, "its claims are malformed"),
        ({"sub": lambda _: None}, "it has no subject: sub, client_id and azp are missing"),
        ({"sub": lambda _: "\n\u202e"}, "it has no subject: sub, client_id and azp are missing"),
    ],
)
async def test_claims_that_are_wrong(
    oauth: JWTVerifier, sign: Sign, claims: dict[str, Callable[[int], Any]], reason: str
) -> None:
    now = int(time.time())
    assert await refused(oauth, sign(**{name: make(now) for name, make in claims.items()})) == reason


async def test_clocks_may_differ_by_half_a_minute(oauth: JWTVerifier, sign: Sign) -> None:
    now = int(time.time())
    assert await is_good(oauth, sign(exp=now - 15))
    assert await is_good(oauth, sign(nbf=now + 20, iat=now + 20))


async def test_one_of_several_audiences_is_enough(make: Make, sign: Sign) -> None:
    oauth = make(audience=["hub", AUDIENCE])
    assert await is_good(oauth, sign(aud=["other", "hub"]))
    assert await is_good(oauth, sign())
    assert await refused(oauth, sign(aud=["other"])) == "it is meant for another audience"


async def test_unsigned_tokens_are_refused(oauth: JWTVerifier, issuer: Issuer, sign: Sign) -> None:
    assert await refused(oauth, sign(None, "none")) == "its algorithm is not allowed"
    head = base64.urlsafe_b64encode(b'{"alg":"RS256","kid":"k1"}').decode().rstrip("=")
    assert await refused(oauth, f"{head}.{sign().split('.')[1]}.") == "no key of the issuer verifies it"
    assert issuer.hits["/jwks"] == 1


async def test_the_public_key_is_no_shared_secret(oauth: JWTVerifier, issuer: Issuer, sign: Sign) -> None:
    pem = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"k1"}').rstrip(b"=")
    body = sign().split(".")[1].encode()
    mac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    signature = base64.urlsafe_b64encode(mac.sign(head + b"." + body, pem)).rstrip(b"=")
    forged = b".".join((head, body, signature)).decode()
    assert await refused(oauth, forged) == "its algorithm is not allowed"
    issuer.publish(jwk(RSA), {"kty": "oct", "k": base64.urlsafe_b64encode(pem).decode(), "kid": "k1"})
    assert await refused(oauth, forged) == "its algorithm is not allowed"


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "ü.ü.ü",
        "\udcff",
        "e30.e30.e30",
        "W10.e30.e30",
        "bnVsbA.e30.e30",
        "e30.e30.e30.e30.e30",
    ]
    + [
        base64.urlsafe_b64encode(text).decode().rstrip("=") + ".e30.e30"
        for text in (b"[" * 9000, b'{"alg":[]}', b"\xff")
    ],
)
async def test_garbage(oauth: JWTVerifier, issuer: Issuer, token: str) -> None:
    assert await refused(oauth, token) in {"it is not a JWT", "its algorithm is not allowed"}
    assert not issuer.hits


async def test_a_token_has_a_length_limit(oauth: JWTVerifier, issuer: Issuer, sign: Sign) -> None:
    assert await refused(oauth, sign(padding="x" * 16_384)) == "it is longer than 16384 characters"
    assert not issuer.hits
    assert await is_good(oauth, sign(padding="x" * 10_000))


@pytest.mark.parametrize("kind", ["at+jwt", "AT+JWT", "JWT", "jwt", "application/at+jwt", None])
async def test_types_of_access_tokens(oauth: JWTVerifier, sign: Sign, kind: str | None) -> None:
    # PyJWT omits the header for None.
    assert jwt.get_unverified_header(sign(headers={"typ": kind})).get("typ") == kind
    assert await is_good(oauth, sign(headers={"typ": kind}))


@pytest.mark.parametrize("kind", ["id+jwt", "logout+jwt", "dpop+jwt", "secevent+jwt", "ID", 5, ["JWT"]])
async def test_types_of_other_tokens(oauth: JWTVerifier, sign: Sign, kind: Any) -> None:
    assert await refused(oauth, sign(headers={"typ": kind})) == "its type is not that of an access token"


def signed(head: dict[str, Any], payload: bytes) -> str:
    """Sign a header and claims that PyJWT would refuse to sign."""
    texts = (json.dumps({"alg": "RS256", "kid": "k1"} | head).encode(), payload)
    body = b".".join(base64.urlsafe_b64encode(text).rstrip(b"=") for text in texts)
    signature = base64.urlsafe_b64encode(RSA.sign(body, PKCS1v15(), SHA256())).rstrip(b"=")
    return (body + b"." + signature).decode()


async def test_extensions_are_refused(oauth: JWTVerifier, sign: Sign) -> None:
    claims = json.dumps(jwt.decode(sign(), options={"verify_signature": False})).encode()
    assert await is_good(oauth, signed({}, claims))
    assert (
        await refused(oauth, signed({"crit": ["b64"], "b64": True}, claims))
        == "it requires extensions (crit)"
    )
    # Newer releases of PyJWT check these themselves.
    reasons = {"it requires extensions (crit)", "it is not a JWT"}
    assert await refused(oauth, signed({"crit": ["exp"], "exp": 1}, claims)) in reasons


@pytest.mark.parametrize("payload", [b"[" * 9000, b"[]", b"null", b"\xff", b"{"])
async def test_claims_that_are_none(oauth: JWTVerifier, payload: bytes) -> None:
    assert await refused(oauth, signed({}, payload)) == "its claims are malformed"


@pytest.mark.parametrize(
    ("claims", "access"),
    [
        ({"scope": "openid dockerhub:read"}, Access.READ),
        ({"scope": "dockerhub:write dockerhub:read"}, Access.WRITE),
        ({"scope": "dockerhub:admin dockerhub:read"}, Access.ADMIN),
        ({"scope": None, "scp": ["dockerhub:write", 5, "x"]}, Access.WRITE),
        ({"scope": None, "scp": "x dockerhub:admin"}, Access.ADMIN),
        ({"scope": "dockerhub:read", "scp": ["dockerhub:write"]}, Access.WRITE),
    ],
)
async def test_the_highest_scope_counts(oauth: JWTVerifier, sign: Sign, claims: Any, access: Access) -> None:
    assert (await oauth.verify_token(sign(**claims))).access is access


@pytest.mark.parametrize(
    "claims",
    [
        {"scope": None},
        {"scope": "openid dockerhub:reads"},
        {"scope": {"dockerhub:read": True}},
        {"scope": ""},
        {"scope": None, "scp": ["dockerhub:read x"]},
        {"scope": None, "scp": 7},
    ],
)
async def test_a_token_without_a_scope_of_ours(oauth: JWTVerifier, sign: Sign, claims: Any) -> None:
    with pytest.raises(InsufficientScope) as caught:
        await oauth.verify_token(sign(**claims))
    assert caught.value.accepted_scopes == ("dockerhub:read", "dockerhub:write", "dockerhub:admin")


async def test_scopes_have_the_names_that_the_operator_gave(make: Make, sign: Sign, issuer: Issuer) -> None:
    oauth = make(scopes={Access.ADMIN: "hub.all", Access.READ: "hub.see"})
    assert (await oauth.verify_token(sign(scope="hub.see hub.all"))).access is Access.ADMIN
    with pytest.raises(InsufficientScope) as caught:
        await oauth.verify_token(sign())
    assert caught.value.accepted_scopes == ("hub.see", "hub.all")
    assert oauth.build_resource_metadata(AUDIENCE) == {
        "resource": AUDIENCE,
        "authorization_servers": [issuer.url],
        "scopes_supported": ["hub.see", "hub.all"],
        "bearer_methods_supported": ["header"],
        "resource_name": "Docker Hub MCP",
    }


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"sub": "a\x1b[31m\nb\u202ec"}, "a[31mbc"),
        ({"sub": "x" * 200}, "x" * 128),
        ({"sub": None, "client_id": "robot", "azp": "other"}, "robot"),
        ({"sub": "", "azp": "robot"}, "robot"),
    ],
)
async def test_names(oauth: JWTVerifier, sign: Sign, claims: Any, name: str) -> None:
    assert (await oauth.verify_token(sign(**claims))).name == name


async def test_new_keys_are_picked_up_at_once(oauth: JWTVerifier, issuer: Issuer, sign: Sign) -> None:
    assert await is_good(oauth, sign())
    issuer.publish(jwk(RSA_AFTER, "k2"))
    assert await is_good(oauth, sign(RSA_AFTER, kid="k2"))
    assert await refused(oauth, sign()) == "no key of the issuer verifies it"
    assert issuer.hits == {METADATA: 1, "/jwks": 2}


@pytest.mark.parametrize("kid", ["k1", None])
async def test_new_keys_are_picked_up_under_the_old_name_or_none(
    oauth: JWTVerifier, issuer: Issuer, sign: Sign, kid: str | None
) -> None:
    issuer.publish(jwk(RSA, kid))
    assert await is_good(oauth, sign(kid=kid))
    issuer.publish(jwk(RSA_AFTER, kid))
    assert await is_good(oauth, sign(RSA_AFTER, kid=kid))


async def test_unknown_keys_are_sought_twice_a_minute(
    oauth: JWTVerifier, issuer: Issuer, sign: Sign, clock: Clock
) -> None:
    await refused(oauth, sign(RSA_AFTER, kid="k0"))
    assert issuer.hits["/jwks"] == 1  # just fetched, so not fetched again
    for number in range(5):
        await refused(oauth, sign(RSA_AFTER, kid=f"k{number}"))
    assert issuer.hits["/jwks"] == 2
    issuer.publish(jwk(RSA_AFTER, "k2"))
    clock.time += 29.9
    await refused(oauth, sign(RSA_AFTER, kid="k2"))
    clock.time += 0.2
    assert await is_good(oauth, sign(RSA_AFTER, kid="k2"))
    assert issuer.hits["/jwks"] == 3


async def test_concurrent_requests_share_one_fetch(oauth: JWTVerifier, issuer: Issuer, sign: Sign) -> None:
    async def all_at_once(*tokens: str) -> list[str]:
        issuer.hold()
        waiting = [asyncio.create_task(oauth.verify_token(token)) for token in tokens]
        await issuer.asked.wait()
        issuer.gate.set()
        return [(await task).name for task in waiting]

    names = [str(number) for number in range(20)]
    assert await all_at_once(*[sign(sub=name) for name in names]) == names
    assert issuer.hits == {METADATA: 1, "/jwks": 1}
    issuer.publish(jwk(RSA_AFTER, "k2"))
    assert await all_at_once(*[sign(RSA_AFTER, kid="k2", sub=name) for name in names]) == names
    assert issuer.hits == {METADATA: 1, "/jwks": 2}


async def test_requests_use_the_cached_keys_during_a_refresh(
    oauth: JWTVerifier, issuer: Issuer, sign: Sign, clock: Clock
) -> None:
    assert await is_good(oauth, sign())
    clock.time += 3600
    issuer.hold()
    first = asyncio.create_task(oauth.verify_token(sign()))
    await issuer.asked.wait()
    assert await is_good(oauth, sign())
    assert not first.done()
    issuer.gate.set()
    assert (await first).name == "ada"
    assert issuer.hits["/jwks"] == 2


async def test_a_cancelled_sign_in_does_not_cancel_the_others(
    oauth: JWTVerifier, issuer: Issuer, sign: Sign
) -> None:
    issuer.hold()
    first, second = (asyncio.create_task(oauth.verify_token(sign())) for _ in range(2))
    await issuer.asked.wait()
    first.cancel()
    issuer.gate.set()
    assert (await second).name == "ada"
    assert first.cancelled()
    assert issuer.hits == {METADATA: 2, "/jwks": 1}


async def test_keys_are_fetched_again_after_an_hour(
    oauth: JWTVerifier, issuer: Issuer, sign: Sign, clock: Clock
) -> None:
    assert await is_good(oauth, sign())
    clock.time += 3599
    assert await is_good(oauth, sign())
    assert issuer.hits["/jwks"] == 1
    issuer.publish(jwk(RSA_AFTER, "k2"))
    clock.time += 1
    assert await refused(oauth, sign()) == "no key of the issuer verifies it"
    assert issuer.hits["/jwks"] == 2


async def test_old_keys_serve_for_a_day_while_the_issuer_is_down(
    oauth: JWTVerifier, issuer: Issuer, sign: Sign, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    assert await is_good(oauth, sign())
    issuer.is_down = True
    clock.time += 3600
    for _ in range(3):
        assert await is_good(oauth, sign())
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "the cached keys stay in use" in caplog.text
    clock.time += 22.9 * 3600
    assert await is_good(oauth, sign())
    clock.time += 360
    with pytest.raises(TokenVerifierUnavailable):
        await oauth.verify_token(sign())
    issuer.is_down = False
    clock.time += 5
    assert await is_good(oauth, sign())


async def test_without_keys_no_token_can_be_verified(
    oauth: JWTVerifier, issuer: Issuer, sign: Sign, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    issuer.is_down = True
    for _ in range(3):
        with pytest.raises(TokenVerifierUnavailable, match=issuer.url):
            await oauth.verify_token(sign())
    assert issuer.hits == {METADATA: 1, OPENID: 1}
    assert "there are no cached keys" in caplog.text
    issuer.is_down = False
    clock.time += 5
    assert await is_good(oauth, sign())


async def test_an_issuer_may_withdraw_all_keys(
    oauth: JWTVerifier, issuer: Issuer, sign: Sign, clock: Clock
) -> None:
    assert await is_good(oauth, sign())
    issuer.publish()
    clock.time += 3600
    with pytest.raises(TokenVerifierUnavailable):
        await oauth.verify_token(sign())


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        ("302 Found\r\nLocation: /keys", b"", "answered 302"),
        ("307 Temporary Redirect\r\nLocation: /keys", b"", "answered 307"),
        ("500 Internal Server Error", b"{}", "answered 500"),
        (
            "200 OK",
            b'{"keys":[], "x":"' + b"x" * 1024 * 1024 + b'"}',
            "answered with more than 1048576 bytes",
        ),
        ("200 OK", b"<html>", "did not answer with a JSON object"),
        ("200 OK", b"[" * 100_000, "did not answer with a JSON object"),
        ("200 OK", b"[]", "did not answer with a JSON object"),
        ("200 OK", b'{"keys": {}}', "contains no list of keys"),
        (
            "200 OK\r\nContent-Encoding: gzip",
            gzip.compress(b'{"keys": []}', mtime=0),
            "did not answer with a JSON object",
        ),
    ],
)
async def test_keys_that_are_not_to_be_had(
    oauth: JWTVerifier,
    issuer: Issuer,
    sign: Sign,
    caplog: pytest.LogCaptureFixture,
    status: str,
    body: bytes,
    reason: str,
) -> None:
    issuer.answers["/keys"] = issuer.answers["/jwks"]
    issuer.answers["/jwks"] = (status, body)
    with pytest.raises(TokenVerifierUnavailable):
        await oauth.verify_token(sign())
    assert f"{issuer.url}/jwks {reason}; there are no cached keys" in caplog.text
    assert issuer.hits["/keys"] == 0


@pytest.mark.parametrize(
    ("key", "published"),
    [
        (RSA, jwk(RSA, use="enc")),
        (RSA, jwk(RSA, alg="RS512")),
        (RSA, jwk(RSA, alg="RSA-OAEP")),
        (RSA, jwk(RSA, alg=["RS256"])),
        (RSA, jwk(RSA, key_ops=["encrypt"])),
        (RSA, jwk(RSA, key_ops=7)),
        (RSA, jwk(RSA, "k2")),
        (RSA, jwk(RSA, None)),
        (RSA, RSAAlgorithm.to_jwk(RSA, as_dict=True) | {"kid": "k1", "key_ops": ["verify"]}),
        (RSA, jwk(RSA) | {"n": "!"}),
        (RSA_WEAK, jwk(RSA_WEAK)),
    ],
)
async def test_keys_that_are_not_used(
    oauth: JWTVerifier, issuer: Issuer, sign: Sign, key: PrivateKey, published: dict[str, Any]
) -> None:
    issuer.publish(published, jwk(ED, "other"))
    with pytest.warns() if key is RSA_WEAK else contextlib.nullcontext():
        token = sign(key)
    assert await refused(oauth, token) == "no key of the issuer verifies it"


@pytest.mark.parametrize("more", [{}, {"use": "sig", "alg": "RS256"}, {"key_ops": ["verify"], "kid": "k1"}])
async def test_keys_that_are_used_stand_among_junk(
    oauth: JWTVerifier, issuer: Issuer, sign: Sign, more: dict[str, Any]
) -> None:
    junk: list[Any] = [
        None,
        5,
        "x",
        [],
        {},
        {"kty": []},
        {"kty": "EC"},
        {"kty": "EC", "crv": "P-256", "x": 1},
    ]
    issuer.say("/jwks", {"keys": [*junk, jwk(ED), jwk(RSA, **more)]})
    assert await is_good(oauth, sign())


async def test_a_key_of_one_curve_does_not_verify_for_another(
    oauth: JWTVerifier, issuer: Issuer, sign: Sign
) -> None:
    issuer.publish(jwk(P384))
    assert await refused(oauth, sign(P256, "ES256")) == "no key of the issuer verifies it"


async def test_the_metadata_must_be_the_issuers_own(
    make: Make, issuer: Issuer, sign: Sign, caplog: pytest.LogCaptureFixture
) -> None:
    issuer.say(METADATA, {"issuer": "https://other.example", "jwks_uri": f"{issuer.url}/jwks"})
    with pytest.raises(TokenVerifierUnavailable):
        await make().verify_token(sign())
    assert f"{METADATA} describes another issuer" in caplog.text
    issuer.say(OPENID, {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/jwks"})
    assert await is_good(make(), sign())


@pytest.mark.parametrize("jwks_uri", ["http://keys.example/jwks", "file:///etc/passwd", "", None, 5, "/jwks"])
async def test_the_metadata_must_lead_to_keys_safely(
    oauth: JWTVerifier, issuer: Issuer, sign: Sign, caplog: pytest.LogCaptureFixture, jwks_uri: Any
) -> None:
    issuer.say(METADATA, {"issuer": issuer.url, "jwks_uri": jwks_uri})
    with pytest.raises(TokenVerifierUnavailable):
        await oauth.verify_token(sign())
    assert f"jwks_uri in {issuer.url}{METADATA} must begin with https://" in caplog.text


@pytest.mark.parametrize(
    "path", [f"{METADATA}/tenant/a%20b", f"{OPENID}/tenant/a%20b", f"/tenant/a%20b{OPENID}"]
)
@pytest.mark.parametrize("slash", ["", "/"])
async def test_an_issuer_with_a_path(make: Make, issuer: Issuer, sign: Sign, path: str, slash: str) -> None:
    name = f"{issuer.url}/tenant/a%20b{slash}"
    del issuer.answers[METADATA]
    issuer.say(path, {"issuer": name, "jwks_uri": f"{issuer.url}/jwks"})
    assert (await make(issuer=name).verify_token(sign(iss=name))).issuer == name


async def test_metadata_is_not_asked_for_when_the_keys_have_an_address(
    make: Make, issuer: Issuer, sign: Sign
) -> None:
    issuer.answers["/keys?p=1"] = issuer.answers["/jwks"]
    assert await is_good(make(jwks_url=f"{issuer.url}/keys?p=1"), sign())
    assert issuer.hits == {"/keys?p=1": 1}


async def test_no_proxy_stands_before_this_machine(
    monkeypatch: pytest.MonkeyPatch, make: Make, sign: Sign
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert await is_good(make(), sign())


async def test_keys_that_moved_are_found_again(
    oauth: JWTVerifier, issuer: Issuer, sign: Sign, clock: Clock
) -> None:
    assert await is_good(oauth, sign())
    issuer.answers["/new"] = issuer.answers.pop("/jwks")
    issuer.say(METADATA, {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/new"})
    clock.time += 3600
    assert await is_good(oauth, sign())
    clock.time += 30
    assert await is_good(oauth, sign())
    assert issuer.hits["/new"] == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"issuer": "http://auth.example"}, "--oauth-issuer must begin with https://"),
        ({"issuer": "auth.example"}, "--oauth-issuer must begin with https://"),
        ({"issuer": ""}, "--oauth-issuer must begin with https://"),
        ({"issuer": "https://"}, "--oauth-issuer must begin with https://"),
        ({"issuer": "https://a\nb"}, "--oauth-issuer must begin with https://"),
        ({"issuer": "http://127.0.0.1.example"}, "--oauth-issuer must begin with https://"),
        ({"issuer": "https://me:secret@auth.example"}, "--oauth-issuer must have no user and no fragment"),
        ({"issuer": "https://auth.example/#x"}, "--oauth-issuer must have no user and no fragment"),
        ({"issuer": "https://auth.example/?x"}, "--oauth-issuer must have no query"),
        ({"jwks_url": "http://auth.example/jwks"}, "--oauth-jwks-url must begin with https://"),
        ({"audience": ""}, "--oauth-audience is empty"),
        ({"audience": []}, "--oauth-audience is empty"),
        ({"audience": ["a", ""]}, "--oauth-audience is empty"),
        ({"scopes": {}}, "--oauth-scopes must name one word for each level"),
        ({"scopes": {Access.READ: "a b"}}, "--oauth-scopes must name one word for each level"),
        ({"scopes": {Access.READ: ""}}, "--oauth-scopes must name one word for each level"),
    ],
)
def test_settings_that_cannot_be_used(options: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        JWTVerifier(**({"issuer": "https://auth.example", "audience": AUDIENCE} | options))
    assert str(caught.value).startswith(says)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("issuer_url", ["http://localhost:1", "http://[::1]:1/x", "https://auth.example/"])
async def test_plain_http_is_for_this_machine(issuer_url: str) -> None:
    oauth = JWTVerifier(issuer_url, AUDIENCE)
    assert oauth.build_resource_metadata(AUDIENCE)["authorization_servers"] == [issuer_url]
    await oauth.aclose()


async def test_callers_with_the_same_truncated_name_are_different(oauth: JWTVerifier, sign: Sign) -> None:
    first, second = [await oauth.verify_token(sign(sub="x" * 200 + end)) for end in "ab"]
    assert first.name == second.name
    assert first.subject != second.subject
