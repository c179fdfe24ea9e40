"""A Hub that repeats the secrets of its client in every answer, in every encoding."""

from __future__ import annotations

import base64
import html
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, quote_plus

PASSWORD = 'Hunter2/p@ss wörd"x\\y&z+1'
SCIM_TOKEN = "scim+Secret/token=98765"
BEARER = "opaque.Bearer_token~4711"
SECRETS = (PASSWORD, SCIM_TOKEN, BEARER)
USERNAME = "ada"


def encode_secret(secret: str) -> list[str]:
    """Return a secret in every form that a program may write it in."""
    forms = [
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        quote(quote(secret, safe=""), safe=""),
        json.dumps(secret),
        json.dumps(secret, ensure_ascii=False),
        json.dumps(json.dumps(secret)),
        repr(secret),
        ascii(secret),
        html.escape(secret),
    ]
    forms.append(quote(secret, safe="").replace("%2F", "%2f").replace("%C3%B6", "%c3%b6"))
    for prefix in ("", f"{USERNAME}:", "acme:", "xx:", '{"auth":"', '{"a":"'):
        encoded = base64.b64encode(f"{prefix}{secret}".encode())
        forms += [encoded.decode(), encoded.translate(bytes.maketrans(b"+/", b"-_")).decode()]
    return forms


FORMS = [form for secret in SECRETS for form in encode_secret(secret)]


def find_leaks(text: str) -> list[str]:
    """Return the forms of secrets that a text contains, with the beginnings that a cut may have left."""
    starts = [secret[:9] for secret in SECRETS]
    return [form for form in (*FORMS, *starts) if form in text]


class EchoingHub(ThreadingHTTPServer):
    """The server; `status` is that of its answers, and `signs_in` whether it accepts the password."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.kind, self.signs_in = 200, "data", True
        self.requests: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def build_answer(self) -> tuple[str, bytes]:
        """Return a content type and a body that repeats everything."""
        if self.kind == "page":
            text = f"<html><title>{' '.join(FORMS)}</title><body>{' '.join(FORMS)}</body></html>"
            return "text/html", text.encode()
        if self.kind == "broken":
            return "application/json", ('{"message": "' + " ".join(FORMS)).encode()
        if self.status >= 400:
            message = {"message": " ".join(FORMS), "detail": FORMS, "errinfo": dict.fromkeys(FORMS, "x")}
            return "application/json", json.dumps(message).encode()
        tag: dict[str, Any] = {"name": "latest", "id": 1, "images": [], "full_size": 5}
        tag |= {"last_updater_username": " ".join(FORMS), "media_type": PASSWORD, "content_type": "image"}
        repository = {"name": "redis", "namespace": "library", "description": " ".join(FORMS)}
        repository |= {"full_description": "\n\n".join(FORMS)}
        page = {"count": 1, "next": None, "previous": None, "results": [{**tag, **repository}]}
        return "application/json", json.dumps({**page, **tag, **repository}).encode()


class _Handler(BaseHTTPRequestHandler):
    server: EchoingHub
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        hub = self.server
        hub.requests.append(f"{self.command} {self.path}")
        is_sign_in = self.path.startswith(("/v2/auth/token", "/v2/users/login"))
        if is_sign_in and hub.signs_in:
            self.reply(
                200, "application/json", json.dumps({"access_token": BEARER, "token": BEARER}).encode()
            )
            return
        self.reply(401 if is_sign_in else hub.status, *hub.build_answer())

    def reply(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status, quote(PASSWORD))
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.send_header("x-request-id", quote(PASSWORD, safe=""))
        self.send_header("retry-after", "0")
        if status in {301, 302}:
            self.send_header(
                "location", f"https://{USERNAME}:{quote(PASSWORD, safe='')}@evil.example/{BEARER}"
            )
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = answer  # noqa: N815 - named by the base class

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def run_echoing_hub() -> Iterator[EchoingHub]:
    """Run the server in a thread."""
    with EchoingHub() as hub:
        thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            hub.shutdown()
            thread.join()
