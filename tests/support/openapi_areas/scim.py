"""SCIM, compared with the official OpenAPI document."""

from __future__ import annotations

from tests.support.openapi import (
    Area,
    get_situations,
    send_situations,
)

SCIM = "/v2/scim/2.0"
CONFIG, USERS, USER = f"{SCIM}/ServiceProviderConfig", f"{SCIM}/Users", f"{SCIM}/Users/{{id}}"
TYPES, TYPE = f"{SCIM}/ResourceTypes", f"{SCIM}/ResourceTypes/{{name}}"
SCHEMAS, SCHEMA = f"{SCIM}/Schemas", f"{SCIM}/Schemas/{{id}}"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
NEW = {"schemas": [CORE], "userName": "a.b@example.org", "name": {"givenName": "A", "familyName": "B"}}
LINUS = NEW | {"userName": "linus@example.com"}

SITUATIONS = [
    *get_situations(CONFIG, CONFIG, ("scim", 200), (None, 401), ("owner", 401)),
    *get_situations(TYPES, TYPES, ("scim", 200), (None, 401)),
    *get_situations(TYPE, f"{TYPES}/User", ("scim", 200), ("owner-pat", 401)),
    *get_situations(TYPE, f"{TYPES}/Group", ("scim", 404)),
    *get_situations(SCHEMAS, SCHEMAS, ("scim", 200), ("org-token", 401)),
    *get_situations(SCHEMA, f"{SCHEMAS}/{CORE}", ("scim", 200), ("bad", 401)),
    *get_situations(SCHEMA, f"{SCHEMAS}/nope", ("scim", 404)),
    *get_situations(USERS, USERS, ("scim", 200), (None, 401), ("owner", 401)),
    *get_situations(
        USERS, f"{USERS}?startIndex=2&count=3&sortBy=userName&sortOrder=descending", ("scim", 200)
    ),
    *get_situations(USERS, f"{USERS}?filter=active%20eq%20false&attributes=userName", ("scim", 200)),
    *get_situations(USERS, f"{USERS}?filter=nonsense", ("scim", 400)),
    *send_situations("post", USERS, USERS, NEW, ("scim", 201), (None, 401), ("owner", 401)),
    *send_situations("post", USERS, USERS, {"schemas": [CORE]}, ("scim", 400)),
    *send_situations("post", USERS, USERS, LINUS, ("scim", 409)),
    *get_situations(USER, f"{USERS}/{{linus}}", ("scim", 200), ("org-writer", 401)),
    *get_situations(USER, f"{USERS}/nope", ("scim", 404)),
    *send_situations(
        "put", USER, f"{USERS}/{{linus}}", LINUS | {"active": True}, ("scim", 200), ("owner", 401)
    ),
    *send_situations("put", USER, f"{USERS}/{{linus}}", LINUS, ("scim", 200)),
    *send_situations("put", USER, f"{USERS}/{{linus}}", {"schemas": [CORE]}, ("scim", 400)),
    *send_situations("put", USER, f"{USERS}/{{linus}}", NEW | {"userName": "ada@example.com"}, ("scim", 409)),
    *send_situations("put", USER, f"{USERS}/{{ada}}", NEW | {"userName": "ada@example.com"}, ("scim", 400)),
    *send_situations("put", USER, f"{USERS}/nope", LINUS, ("scim", 404)),
]

AREA = Area(SITUATIONS, {})
