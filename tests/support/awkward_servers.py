"""Values that would change a path if they were inserted without encoding."""

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
