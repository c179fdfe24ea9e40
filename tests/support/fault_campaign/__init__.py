"""A fault campaign: seeded tool calls with a fault each, judged by what really happened on the sandbox.

`faults` and the modules beside it are the catalogue, `wire` puts one fault in front of the sandbox, `cases`
draws calls, `campaign` makes them through the MCP server, `oracle` judges them.
"""
