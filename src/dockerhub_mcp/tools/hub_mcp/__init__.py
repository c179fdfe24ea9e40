"""The tools of docker/hub-mcp, Docker's own server, under its names and with its arguments.

With `--names hub-mcp` the server lists them, so that prompts and allow-lists written for docker/hub-mcp keep
working. Each calls a tool of this project (`naming.OWN_TOOLS`), which decides access, results and errors.

| docker/hub-mcp | calls | what differs |
| --- | --- | --- |
| listRepositoriesByNamespace | list_repositories | `ordering`, see below |
| createRepository | create_repository | `registry`: Docker Hub only |
| getRepositoryInfo | get_repository | |
| checkRepository | check_repository | says that it is missing only where it is |
| updateRepositoryInfo | update_repository | `status` null changes nothing |
| listRepositoryTags | list_tags | |
| getRepositoryTag | get_tag | |
| checkRepositoryTag | check_tag | says that it is missing only where it is |
| listNamespaces | list_organizations | |
| getPersonalNamespace | get_current_user | the whole profile |
| listAllNamespacesMemberOf | get_current_user, list_organizations | the list itself |
| search | search_repositories | `images` is refused |
| dockerHardenedImages | list_hardened_images | |

`ordering` has the effect that it has on Docker Hub: last_updated lists the newest first, pull_count the most
pulled, name goes from A to Z, and a minus reverses it. A page of more than 100 items has 100, as on the Hub,
and a note says so. The tools that read accept `fields` and `detail`, and those that change something accept
`dry_run`, although the schemas do not list them.
"""
