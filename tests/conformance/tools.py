"""The tools that the conformance suite calls, with the names, texts and schemas that it expects."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import anyio
import mcp_types as types

from tests.conformance.calls import Call, Question, form, prompt, told
from tests.conformance.samples import SCHEMA_2020_12, audio, embedded, image, text

Content = types.ContentBlock | list[types.ContentBlock]
Run = Callable[[Call], Awaitable[Content]]
NO_ARGUMENTS: dict[str, Any] = {"type": "object", "properties": {}}
_A_STEP = 0.05  # seconds


class ToolError(Exception):
    """An error that a tool reports to its caller."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool of the suite."""

    run: Run
    description: str
    schema: dict[str, Any]


TOOLS: dict[str, Tool] = {}


def tool(
    name: str, description: str, schema: dict[str, Any] = NO_ARGUMENTS, **required: str
) -> Callable[[Run], Run]:
    """Register a function as a tool; `required` maps its arguments to their types."""
    if required:
        properties = {argument: {"type": of} for argument, of in required.items()}
        schema = {"type": "object", "properties": properties, "required": list(required)}

    def add(run: Run) -> Run:
        TOOLS[name] = Tool(run, description, schema)
        return run

    return add


@tool("test_simple_text", "Returns a text.")
async def simple_text(_: Call) -> Content:
    return text("This is a simple text response for testing.")


@tool("test_image_content", "Returns a picture.")
async def image_content(_: Call) -> Content:
    return image()


@tool("test_audio_content", "Returns a sound.")
async def audio_content(_: Call) -> Content:
    return audio()


@tool("test_embedded_resource", "Returns a resource.")
async def embedded_resource(_: Call) -> Content:
    return embedded("test://embedded-resource", "This is an embedded resource content.")


@tool("test_multiple_content_types", "Returns a text, a picture and a resource.")
async def multiple_content_types(_: Call) -> Content:
    document = embedded("test://mixed-content-resource", '{"test":"data","value":123}', "application/json")
    return [text("Multiple content types test:"), image(), document]


@tool("test_error_handling", "Fails.")
async def error_handling(_: Call) -> Content:
    msg = "This tool intentionally returns an error for testing"
    raise ToolError(msg)


async def _log(call: Call, message: str) -> None:
    await call.ctx.session.send_log_message("info", message, related_request_id=call.ctx.request_id)


@tool("test_tool_with_logging", "Logs while it works.")
async def tool_with_logging(call: Call) -> Content:
    await _log(call, "Tool execution started")
    await anyio.sleep(_A_STEP)
    await _log(call, "Tool processing data")
    await anyio.sleep(_A_STEP)
    await _log(call, "Tool execution completed")
    return text("The tool has logged three messages.")


@tool("test_logging_tool", "Logs, to those who want it.")
async def logging_tool(call: Call) -> Content:
    await _log(call, "Whoever did not ask for this must not get it.")
    return text("The tool has logged one message.")


@tool("test_tool_with_progress", "Tells how far it is.")
async def tool_with_progress(call: Call) -> Content:
    for done in (0, 50, 100):
        await call.ctx.session.report_progress(done, 100)
        await anyio.sleep(_A_STEP)
    return text("The tool has told three times how far it is.")


@tool("test_sampling", "Asks the client's model.", prompt="string")
async def sampling(call: Call) -> Content:
    [answer] = await call.ask({"answer": prompt(call.arguments["prompt"])})
    return text(f"LLM response: {told(answer)}")


@tool("test_elicitation", "Asks the person.", message="string")
async def elicitation(call: Call) -> Content:
    properties = {
        "username": {"type": "string", "description": "User's response"},
        "email": {"type": "string", "description": "User's email address"},
    }
    [answer] = await call.ask({"answer": form(call.arguments["message"], properties)})
    return text(f"User response: {told(answer)}")


@tool("test_elicitation_sep1034_defaults", "Asks the person, and proposes an answer.")
async def elicitation_sep1034_defaults(call: Call) -> Content:
    properties = {
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "default": True},
    }
    [answer] = await call.ask({"answer": form("Is this right?", properties, required=False)})
    return text(f"Elicitation completed: {told(answer)}")


def _titled(word: str) -> list[dict[str, str]]:
    return [
        {"const": f"value{number}", "title": f"{ordinal} {word}"}
        for number, ordinal in enumerate(("First", "Second", "Third"), 1)
    ]


@tool("test_elicitation_sep1330_enums", "Asks the person to choose, in each way that there is.")
async def elicitation_sep1330_enums(call: Call) -> Content:
    options = ["option1", "option2", "option3"]
    names = ["Option One", "Option Two", "Option Three"]
    properties = {
        "untitledSingle": {"type": "string", "enum": options},
        "titledSingle": {"type": "string", "oneOf": _titled("Option")},
        "legacyEnum": {"type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": names},
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": options}},
        "titledMulti": {"type": "array", "items": {"anyOf": _titled("Choice")}},
    }
    [answer] = await call.ask({"answer": form("Which ones?", properties, required=False)})
    return text(f"Elicitation completed: {told(answer)}")


@tool("test_reconnection", "Closes its stream where a client can come back for the rest.")
async def reconnection(call: Call) -> Content:
    if call.ctx.close_sse_stream is not None:
        await call.ctx.close_sse_stream()
        await anyio.sleep(2 * _A_STEP)
    return text("The client came back, or never had to leave.")


@tool("json_schema_2020_12_tool", "Has a schema with what JSON Schema 2020-12 brought.", SCHEMA_2020_12)
async def json_schema_2020_12_tool(call: Call) -> Content:
    return text(f"Called with {', '.join(sorted(call.arguments)) or 'nothing'}.")


@tool(
    "test_argument_in_a_header",
    "Has an argument that is repeated in a header.",
    {
        "type": "object",
        "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
        "required": ["region"],
    },
)
async def argument_in_a_header(call: Call) -> Content:
    return text(f"The region is {call.arguments['region']}.")


@tool("test_missing_capability", "Needs a client with a model.")
async def missing_capability(call: Call) -> Content:
    call.need(types.CreateMessageRequest)
    return text("The client has a model.")


_NAME = form("What is your name?", {"name": "string"})


@tool("test_streaming_elicitation", "Asks the person, and streams meanwhile.")
async def streaming_elicitation(call: Call) -> Content:
    [answer] = await call.ask({"user_name": _NAME})
    return text(told(answer))


@tool("test_input_required_result_elicitation", "Asks for a name.")
async def input_required_result_elicitation(call: Call) -> Content:
    [answer] = await call.ask({"user_name": _NAME})
    return text(f"Hello, {_field(answer, 'name')}!")


@tool("test_input_required_result_sampling", "Asks the client's model for a capital.")
async def input_required_result_sampling(call: Call) -> Content:
    [answer] = await call.ask({"capital_question": prompt("What is the capital of France?")})
    return text(told(answer))


@tool("test_input_required_result_list_roots", "Asks for the client's roots.")
async def input_required_result_list_roots(call: Call) -> Content:
    [answer] = await call.ask({"client_roots": types.ListRootsRequest()})
    return text(f"The roots are {told(answer)}.")


_CONFIRM = form("Please confirm", {"ok": "boolean"})


@tool("test_input_required_result_request_state", "Leaves a state with the client.")
async def input_required_result_request_state(call: Call) -> Content:
    await call.ask({"confirm": _CONFIRM}, state={"round": 1})
    return text("state-ok" if call.state == {"round": 1} else "The state is lost.")


@tool("test_input_required_result_tampered_state", "Leaves a state with the client that nobody may change.")
async def input_required_result_tampered_state(call: Call) -> Content:
    await call.ask({"confirm": _CONFIRM}, state={"round": 1})
    return text("The state is as it was.")


@tool("test_input_required_result_multiple_inputs", "Asks for several things at once.")
async def input_required_result_multiple_inputs(call: Call) -> Content:
    questions: dict[str, Question] = {
        "user_name": _NAME,
        "greeting": prompt("Generate a greeting", tokens=50),
        "client_roots": types.ListRootsRequest(),
    }
    return text("; ".join(told(answer) for answer in await call.ask(questions, state={"round": 1})))


@tool("test_input_required_result_multi_round", "Asks one thing after the other.")
async def input_required_result_multi_round(call: Call) -> Content:
    name = call.state.get("name")
    if name is None:
        [first] = await call.ask({"step1": form("Step 1: What is your name?", {"name": "string"})}, state={})
        name = _field(first, "name")
    second = form("Step 2: What is your favorite color?", {"color": "string"})
    [answer] = await call.ask({"step2": second}, state={"name": name})
    return text(f"{name} likes {_field(answer, 'color')}.")


@tool("test_input_required_result_capabilities", "Asks only what the client can answer.")
async def input_required_result_capabilities(call: Call) -> Content:
    questions: dict[str, Question] = {"user_name": _NAME, "greeting": prompt("Generate a greeting")}
    possible = {key: question for key, question in questions.items() if call.may_ask(type(question))}
    return text(
        "; ".join(told(answer) for answer in await call.ask(possible)) or "The client answers nothing."
    )


def _field(answer: object, name: str) -> str:
    content = answer.content if isinstance(answer, types.ElicitResult) else None
    return str((content or {}).get(name, "nobody"))
