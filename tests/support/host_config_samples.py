"""Files as people have them, by host: what is odd about each is in its name."""

from __future__ import annotations

JSON = {
    "one server": b"""{
  "mcpServers": {
    "files": {
      "command": "npx",
      "args": ["-y", "@modelcontextprotocol/server-filesystem", "/home/ada"]
    }
  }
}
""",
    "no servers": b'{\n  "globalShortcut": "Ctrl+Space"\n}\n',
    "empty servers": b'{\n  "mcpServers": {},\n  "theme": "dark"\n}\n',
    "empty servers, with room": b'{\n  "mcpServers": {\n  }\n}',
    "nothing": b"",
    "white space": b"\n\n",
    "an empty object": b"{}",
    "an empty object on two lines": b"{\n}\n",
    "tabs": b'{\n\t"mcpServers": {\n\t\t"a": {\n\t\t\t"command": "a"\n\t\t}\n\t}\n}\n',
    "four spaces": b'{\n    "mcpServers": {\n        "a": {\n            "command": "a"\n        }\n    }\n}',
    "line ends of Windows": b'{\r\n  "mcpServers": {\r\n    "a": {\r\n      "command": "a"\r\n    }\r\n  }\r\n}\r\n',
    "a mark at the beginning": b'\xef\xbb\xbf{\n  "mcpServers": {}\n}\n',
    "one line": b'{"numStartups":3,"mcpServers":{"a":{"command":"a"}},"tips":[1,2,{"x":null}]}',
    "one line, empty servers": b'{"a": 1, "mcpServers": {}}',
    "one line, no servers": b'{ "a": 1.50e+3 }',
    "awkward texts": '{\n  "café ☕": "a \\"quoted\\" // no comment, {",\n  "mcpServers": {\n    "b": {"command": "b\\\\"}\n  }\n}\n'.encode(),
    "hanging indentation": b'{ "theme": "x",\n  "mcpServers":\n  { "a": { "command": "a" },\n    "b": { "command": "b" } } }\n',
}
COMMENTED = {
    "comments everywhere": b"""// Servers of mine.
{
  // Kept in step with the team.
  "mcpServers": { /* first */
    "a": { "command": "a" }, // why
    "b": { "command": "b" } // last, without a comma
    // nothing more
  }
  /* the end */
}
// really
""",
    "only a comment in the servers": b'{\n  "mcpServers": {\n    // none yet\n  }\n}\n',
    "one line and a comment": b'{"mcpServers": {"a": {"command": "a"} // here\n}}\n',
}
TRAILING = {
    "commas at the end": b'{\n  "mcpServers": {\n    "a": {\n      "command": "a",\n    },\n  },\n}\n',
    "commas at the end and comments": b'{\n  "mcpServers": {\n    "a": { "command": "a" }, // mine\n  }, // all\n}\n',
    "a comma at the end of one line": b'{"mcpServers": {"a": {"command": "a"},},}',
}
TOML = {
    "one server": b'model = "gpt-5"\n\n[mcp_servers.docs]\ncommand = "docs"\nargs = ["--x"]\n',
    "no servers": b'# My settings.\nmodel = "gpt-5"   # good enough\napproval_policy = "on-request"\n\n[tools]\nweb_search = true\n',
    "nothing": b"",
    "only a comment": b"# nothing yet\n",
    "no line end at the end": b'[mcp_servers.docs]\ncommand = "docs"',
    "blank lines at the end": b'model = "x"\n\n\n',
    "line ends of Windows": b'model = "x"\r\n\r\n[mcp_servers.a]\r\ncommand = "a"\r\n',
    "awkward texts": b'''notify = ["sh", "-c", """
[mcp_servers.dockerhub]
"""]
"quoted key" = '[not.a.table]'
[mcp_servers."with space".env] # a comment
KEY = """a "" b\\""""
[[profiles]]
list = [ # over lines
  "a", # one
  { x = "]" },
]
''',
    "a table before its parent": b'[mcp_servers.a.env]\nX = "1"\n\n[mcp_servers.a]\ncommand = "a"\n',
}


def of(host: str) -> dict[str, bytes]:
    """Return the samples that a host can read, with its own word for the servers."""
    if host == "codex":
        return TOML
    words = {"vscode": b'"servers"', "zed": b'"context_servers"'}
    kept = JSON | (COMMENTED if host in {"vscode", "zed", "cursor", "gemini-cli"} else {})
    kept = kept | (TRAILING if host in {"vscode", "zed", "cursor"} else {})
    return {
        name: text.replace(b'"mcpServers"', words.get(host, b'"mcpServers"')) for name, text in kept.items()
    }
