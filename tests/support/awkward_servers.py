"""Texts that could bend a path, were they put into it as they are."""

AWKWARD = [
    "..",
    ".",
    "",
    "/",
    "a/b",
    "../..",
    "%2e%2e",
    "?x=1#y",
    "a\nb",
    "ü",
    ";",
    "\\",
    "\x00",
    "\x7f",
    " ",
]
