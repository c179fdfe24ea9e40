"""What is said of the program in more than one place."""

TITLE = "Docker Hub"
SUMMARY = "The Docker Hub API for agents: repositories, tags, tokens, members, audit logs. Reads by default."
USERNAME = (
    "Docker ID, or the organization's name for its access token. Leave it empty to read what is public."
)
TOKEN = "Docker Hub access token that belongs to the name; the less it may do, the better."
ACCESS_TEXT = "What tools may do: read, write or admin. A person is asked before something is lost."
TOOLSETS_TEXT = "Areas of tools, comma-separated: default, all, or names such as tags,members."
