"""An OAuth authorization server on a real socket; tests may change its metadata and keys."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

METADATA = "/.well-known/oauth-authorization-server"


PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


RSA = rsa.generate_private_key(65537, 2048)


class Issuer:
    """An authorization server: its metadata, its keys, and how it misbehaves."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.hits: Counter[str] = Counter()
        self.is_down = False
        self.asked = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.answers: dict[str, tuple[str, bytes]] = {}
        self.say(METADATA, {"issuer": self.url, "jwks_uri": f"{self.url}/jwks"})
        self.publish(jwk(RSA))

    def say(self, path: str, document: Any) -> None:
        self.answers[path] = ("200 OK", json.dumps(document).encode())

    def hold(self) -> None:
        """Hold requests until the gate is set."""
        self.asked.clear()
        self.gate.clear()

    def publish(self, *keys: dict[str, Any]) -> None:
        self.say("/jwks", {"keys": keys})

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        self.hits[path] += 1
        self.asked.set()
        await self.gate.wait()
        if not self.is_down:
            status, body = self.answers.get(path, ("404 Not Found", b"{}"))
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n".encode())
            writer.write(b"Connection: close\r\n\r\n" + body)
        writer.close()


def jwk(private: PrivateKey, kid: str | None = "k1", **more: Any) -> dict[str, Any]:
    if isinstance(private, rsa.RSAPrivateKey):
        found = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    elif isinstance(private, ec.EllipticCurvePrivateKey):
        found = ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
    else:
        found = OKPAlgorithm.to_jwk(private.public_key(), as_dict=True)
    found = {name: value for name, value in found.items() if name != "key_ops"}
    return found | ({} if kid is None else {"kid": kid}) | more
