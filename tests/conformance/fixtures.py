"""A server with the fixtures of the conformance suite, created by the factory of the real one."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    ListenHandler,
    PromptsListChanged,
    ServerEvent,
    ToolsListChanged,
)
from mcp.shared.exceptions import MCPError

from dockerhub_mcp.server.elicitation import Elicitor
from dockerhub_mcp.server.sdk import create_sdk_server
from tests.conformance.calls import Call, WaitingError, form, told
from tests.conformance.samples import PNG, embedded, image, text
from tests.conformance.tools import NO_ARGUMENTS, TOOLS, ToolError

_TEMPLATE = re.compile(r"test://template/(?P<id>[^/]+)/data")
_CHANGES: dict[str, ServerEvent] = {
    "test_trigger_tool_change": ToolsListChanged(),
    "test_trigger_prompt_change": PromptsListChanged(),
}
"""Tools that change the lists of the server, and the notifications that follow."""


def build_fixtures() -> tuple[Server[Any], Callable[[], None]]:
    """Create the server; return it with a function that ends open streams."""
    bus = InMemorySubscriptionBus()
    listen = ListenHandler(bus)

    async def call_tool(ctx: Any, params: types.CallToolRequestParams) -> Any:
        if params.name in _CHANGES:
            await bus.publish(_CHANGES[params.name])
            return types.CallToolResult(content=[text("What the server offers has changed.")])
        return await _call_tool(Call(ctx, params))

    server = create_sdk_server(
        Elicitor(),
        instructions="For the conformance suite.",
        find_input_schema=_input_schema,
        on_list_tools=_list_tools,
        on_call_tool=call_tool,
        on_list_resources=_list_resources,
        on_list_resource_templates=_list_templates,
        on_read_resource=_read_resource,
        on_subscribe_resource=_accept,
        on_unsubscribe_resource=_accept,
        on_list_prompts=_list_prompts,
        on_get_prompt=_get_prompt,
        on_completion=_complete,
        on_subscriptions_listen=listen,
    )
    server.add_request_handler("logging/setLevel", types.SetLevelRequestParams, _accept)
    return server, listen.close


async def _accept(_: Any, __: types.RequestParams) -> types.EmptyResult:
    return types.EmptyResult()


async def _list_tools(_: Any, __: Any) -> types.ListToolsResult:
    named = {name: (tool.description, tool.schema) for name, tool in TOOLS.items()}
    named |= dict.fromkeys(_CHANGES, ("Changes what the server offers.", NO_ARGUMENTS))
    return types.ListToolsResult(
        tools=[
            types.Tool(name=name, description=description, input_schema=schema)
            for name, (description, schema) in named.items()
        ]
    )


def _input_schema(name: str) -> dict[str, Any] | None:
    return TOOLS[name].schema if name in TOOLS else NO_ARGUMENTS if name in _CHANGES else None


async def _call_tool(call: Call) -> types.CallToolResult | types.InputRequiredResult:
    tool = TOOLS.get(call.params.name)
    if tool is None:
        msg = f"There is no tool {call.params.name}."
        raise MCPError(types.INVALID_PARAMS, msg)
    try:
        content = await tool.run(call)
    except WaitingError as waiting:
        return waiting.result
    except ToolError as error:
        return types.CallToolResult(content=[text(str(error))], is_error=True)
    return types.CallToolResult(content=content if isinstance(content, list) else [content])


RESOURCES = {
    "test://static-text": types.TextResourceContents(
        uri="test://static-text",
        mime_type="text/plain",
        text="This is the content of the static text resource.",
    ),
    "test://static-binary": types.BlobResourceContents(
        uri="test://static-binary", mime_type="image/png", blob=PNG
    ),
    "test://watched-resource": types.TextResourceContents(
        uri="test://watched-resource", mime_type="text/plain", text="Nothing has changed yet."
    ),
}


async def _list_resources(_: Any, __: Any) -> types.ListResourcesResult:
    listed = [
        types.Resource(
            uri=uri,
            name=uri.partition("//")[2],
            description=f"For reading {uri}.",
            mime_type=contents.mime_type,
        )
        for uri, contents in RESOURCES.items()
    ]
    return types.ListResourcesResult(resources=listed)


async def _list_templates(_: Any, __: Any) -> types.ListResourceTemplatesResult:
    template = types.ResourceTemplate(
        uri_template="test://template/{id}/data",
        name="template",
        description="For reading with an id.",
        mime_type="application/json",
    )
    return types.ListResourceTemplatesResult(resource_templates=[template])


async def _read_resource(_: Any, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
    uri = str(params.uri)
    if found := _TEMPLATE.fullmatch(uri):
        data = {"id": found["id"], "templateTest": True, "data": f"Data for ID: {found['id']}"}
        contents = types.TextResourceContents(uri=uri, mime_type="application/json", text=json.dumps(data))
        return types.ReadResourceResult(contents=[contents])
    if uri not in RESOURCES:
        msg = "There is no such resource."
        raise MCPError(types.INVALID_PARAMS, msg, {"uri": uri})
    return types.ReadResourceResult(contents=[RESOURCES[uri]])


Messages = list[types.PromptMessage]


def _said(*content: types.ContentBlock) -> Messages:
    return [types.PromptMessage(role="user", content=part) for part in content]


async def _simple(_: Call) -> Messages:
    return _said(text("This is a simple prompt for testing."))


async def _with_arguments(call: Call) -> Messages:
    first, second = call.arguments["arg1"], call.arguments["arg2"]
    return _said(text(f"Prompt with arguments: arg1='{first}', arg2='{second}'"))


async def _with_resource(call: Call) -> Messages:
    resource = embedded(call.arguments["resourceUri"], "Embedded resource content for testing.")
    return _said(resource, text("Please process the embedded resource above."))


async def _with_image(_: Call) -> Messages:
    return _said(image(), text("Please analyze the image above."))


async def _that_asks(call: Call) -> Messages:
    question = form("What context should the prompt use?", {"context": "string"})
    [answer] = await call.ask({"user_context": question})
    return _said(text(f"Use this context: {told(answer)}"))


PROMPTS: dict[str, tuple[Callable[[Call], Awaitable[Messages]], tuple[str, ...]]] = {
    "test_simple_prompt": (_simple, ()),
    "test_prompt_with_arguments": (_with_arguments, ("arg1", "arg2")),
    "test_prompt_with_embedded_resource": (_with_resource, ("resourceUri",)),
    "test_prompt_with_image": (_with_image, ()),
    "test_input_required_result_prompt": (_that_asks, ()),
}


async def _list_prompts(_: Any, __: Any) -> types.ListPromptsResult:
    listed = [
        types.Prompt(
            name=name,
            description="A prompt of the suite.",
            arguments=[types.PromptArgument(name=argument, required=True) for argument in arguments],
        )
        for name, (_run, arguments) in PROMPTS.items()
    ]
    return types.ListPromptsResult(prompts=listed)


async def _get_prompt(
    ctx: Any, params: types.GetPromptRequestParams
) -> types.GetPromptResult | types.InputRequiredResult:
    run, arguments = PROMPTS.get(params.name, (None, ()))
    if run is None or set(arguments) - (params.arguments or {}).keys():
        msg = f"There is no prompt {params.name} with these arguments."
        raise MCPError(types.INVALID_PARAMS, msg)
    try:
        return types.GetPromptResult(messages=await run(Call(ctx, params)))
    except WaitingError as waiting:
        return waiting.result


async def _complete(_: Any, params: types.CompleteRequestParams) -> types.CompleteResult:
    values = [word for word in ("paris", "park", "party", "test") if word.startswith(params.argument.value)]
    return types.CompleteResult(completion=types.Completion(values=values, total=len(values), has_more=False))
