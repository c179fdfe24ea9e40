"""Answer plain requests, over every transport."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.plain.prebuilt import PrebuiltResults
from dockerhub_mcp.server.plain.requests import CALL_TOOL, PlainRequest
from dockerhub_mcp.server.plain.responses import (
    PlainResponse,
    build_call_response,
    build_error_response,
    build_internal_error,
    build_progress_notification,
    build_result_response,
)
from dockerhub_mcp.server.progress import create_progress_reporter
from dockerhub_mcp.server.protocol import INVALID_PARAMS
from dockerhub_mcp.server.telemetry.observers import MessageObservation, Observers, describe_message
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.call import (
    RejectedCall,
    find_cached_result,
    prepare_call,
    run_call,
)
from dockerhub_mcp.tools.catalog.registry import ToolDisabledError, UnknownNameError
from dockerhub_mcp.tools.prepared_call import PreparedCall
from dockerhub_mcp.tools.request_context import RequestState, reset_current_request, set_current_request
from dockerhub_mcp.tools.results.tool_result import ToolResult

logger = logging.getLogger(__name__)

SendNotification = Callable[[str], Awaitable[None]]
"""Sends the JSON text of a notification to the client."""


class Origin(NamedTuple):
    """Where a plain request comes from.

    Attributes:
        context: The tools of the request, and the context that they run with.
        state: The state of the request, with the id that log lines have.
        http_headers: The headers of the HTTP request; None over stdio.
    """

    context: RequestContext
    state: RequestState
    http_headers: Mapping[bytes, bytes] | None = None


StartObservation = Callable[[PlainRequest, Origin, float | None], MessageObservation | None]
"""Notifies the observers of the start of a request, at a time of `time.perf_counter`."""


class PlainDispatcher:
    """Answers plain requests without the SDK.

    Args:
        prebuilt: The results of handshakes and lists.
        observers: Observers of each message.
        known_tools: The names of tools that observers may see.
    """

    def __init__(self, prebuilt: PrebuiltResults, observers: Observers, known_tools: Collection[str]) -> None:
        self._prebuilt, self._observers = prebuilt, observers
        self._known_targets = {CALL_TOOL: known_tools}

    @property
    def versions(self) -> list[str]:
        """The protocol versions that `initialize` may request."""
        return self._prebuilt.versions

    def accepts(self, request: PlainRequest, context: RequestContext) -> bool:
        """Return whether a plain request can be answered without the SDK.

        A call of an enabled tool that changes something may need the user's confirmation.
        """
        if request.method != CALL_TOOL:
            return True
        try:
            return context.registry.find_tool_info(request.params["name"]).access is Access.READ
        except (UnknownNameError, ToolDisabledError):
            return True

    def begin(self, request: PlainRequest, origin: Origin) -> PlainResponse | PlainCall:
        """Return the response to a request, or the call to run for it where the Hub must be asked."""
        result = self._prebuilt.build_result(request, origin.context.registry.tool_names)
        if result is not None:
            self.observe_answered(request, origin)
            return build_result_response(result)
        call = PlainCall(request, origin, self._start_observation, self._prebuilt.server_info)
        return call.prepare() or call

    def observe_answered(self, request: PlainRequest, origin: Origin) -> None:
        """Notify the observers of a request that took no time."""
        if observation := self._start_observation(request, origin):
            observation.complete("ok")

    def observe_notification(
        self,
        method: str,
        params: Mapping[str, Any],
        state: RequestState,
        version: str,
        *,
        http_headers: Mapping[bytes, bytes] | None = None,
    ) -> None:
        """Notify the observers of a notification that was served."""
        if self._observers.registered:
            message = describe_message(
                state,
                method,
                params,
                message_id=None,
                protocol_version=version,
                http_headers=http_headers,
                known_targets=self._known_targets,
            )
            self._observers.start_message(message).complete("ok")

    def _start_observation(
        self, request: PlainRequest, origin: Origin, started_at: float | None = None
    ) -> MessageObservation | None:
        if not self._observers.registered:
            return None
        message = describe_message(
            origin.state,
            request.method,
            request.params,
            message_id=request.id,
            protocol_version=request.version,
            http_headers=origin.http_headers,
            known_targets=self._known_targets,
        )
        return self._observers.start_message(message, started_at)


class PlainCall:
    """A call of a tool that is answered without the SDK.

    Args:
        request: The request.
        origin: Where it comes from.
        start_observation: Notifies the observers of its start.
        server_info: The information on this server for modern results, as JSON text.
    """

    def __init__(
        self,
        request: PlainRequest,
        origin: Origin,
        start_observation: StartObservation,
        server_info: str,
    ) -> None:
        self.request = request
        self._origin, self._start_observation, self._server_info = origin, start_observation, server_info
        self._started_at = time.perf_counter()
        self._prepared: PreparedCall | RejectedCall | None = None

    def prepare(self) -> PlainResponse | None:
        """Validate the arguments, and return the response if the result is cached or the tool is unknown."""
        token = set_current_request(self._origin.state)
        try:
            response = self._respond_at_once()
        finally:
            reset_current_request(token)
        if response is not None:
            self._complete(self._observe(), response)
        return response

    def _respond_at_once(self) -> PlainResponse | None:
        context, params = self._origin.context, self.request.params
        try:
            self._prepared = prepare_call(context.registry, params["name"], params.get("arguments", {}))
            result = find_cached_result(context.tool_context, self._prepared)
            return None if result is None else self._build_response(result)
        except UnknownNameError as error:
            return build_error_response(INVALID_PARAMS, str(error))
        except Exception:
            logger.exception("a handler failed", extra={"request_id": self._origin.state.id})
            return build_internal_error(self._origin.state.id)

    async def run(self, send_notification: SendNotification) -> PlainResponse:
        """Run the call, and return the response.

        Args:
            send_notification: Sends progress notifications, where the client wants them.
        """
        if self._prepared is None:
            raise RuntimeError(self.request)
        # Started here, since observers keep what they change in the context of this task.
        observation, previous = self._observe(), set_current_request(self._origin.state)
        context = self._origin.context.tool_context
        if (token := self.request.progress_token) is not None:

            async def send_progress(done: float, total: float | None, message: str) -> None:
                await send_notification(build_progress_notification(token, done, total, message))

            context = replace(context, on_progress=create_progress_reporter(send_progress))
        try:
            response = self._build_response(await run_call(context, self._prepared))
        except asyncio.CancelledError:
            if observation:
                observation.complete("cancelled")
            raise
        except Exception:
            logger.exception("a handler failed", extra={"request_id": self._origin.state.id})
            response = build_internal_error(self._origin.state.id)
        finally:
            reset_current_request(previous)
        self._complete(observation, response)
        return response

    def _observe(self) -> MessageObservation | None:
        return self._start_observation(self.request, self._origin, self._started_at)

    def _build_response(self, result: ToolResult) -> PlainResponse:
        if result.structured_content is not None and not self._includes_structured:
            result = replace(result, structured_content=None)
        return build_call_response(self.request, result, self._server_info)

    @property
    def _includes_structured(self) -> bool:
        return self._origin.context.tool_context.result_options.include_structured

    @staticmethod
    def _complete(observation: MessageObservation | None, response: PlainResponse) -> None:
        if observation:
            observation.complete(response.outcome, response.error_code)
