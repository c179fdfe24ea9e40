"""The exceptions of senders, under the names that httpx gives them, which metrics report.

    TransportError                no complete response was received
    ├── TimeoutException          ConnectTimeout, ReadTimeout, WriteTimeout, PoolTimeout
    ├── NetworkError              ConnectError, ReadError, WriteError, CloseError
    ├── ProtocolError             LocalProtocolError, RemoteProtocolError
    ├── ProxyError
    └── UnsupportedProtocol
    DecodingError                 the body cannot be decompressed
    InvalidURL                    the URL cannot be sent

They are this project's own, so that a request over httpcore or aiohttp does not wait for httpx to load.
"""

from __future__ import annotations


class TransportError(Exception):
    """No complete response was received."""


class TimeoutException(TransportError):
    """A step of the request took too long."""


class ConnectTimeout(TimeoutException):
    """No connection was opened in time."""


class ReadTimeout(TimeoutException):
    """The server sent nothing for too long."""


class WriteTimeout(TimeoutException):
    """The server received nothing for too long."""


class PoolTimeout(TimeoutException):
    """No connection of the pool became free in time."""


class NetworkError(TransportError):
    """The network failed."""


class ConnectError(NetworkError):
    """No connection could be opened."""


class ReadError(NetworkError):
    """The connection broke while reading."""


class WriteError(NetworkError):
    """The connection broke while writing."""


class CloseError(NetworkError):
    """The connection could not be closed."""


class ProxyError(TransportError):
    """The proxy opened no connection."""


class UnsupportedProtocol(TransportError):
    """The scheme of the URL is not supported."""


class ProtocolError(TransportError):
    """One side broke the rules of HTTP."""


class LocalProtocolError(ProtocolError):
    """The request is not valid HTTP."""


class RemoteProtocolError(ProtocolError):
    """The response is not valid HTTP, or not complete."""


class DecodingError(Exception):
    """The body cannot be decompressed."""


class InvalidURL(Exception):
    """The URL cannot be sent."""


_LIBRARIES = frozenset({"httpx2", "httpcore2"})
_KINDS: dict[str, type[Exception]] = {
    kind.__name__: kind
    for kind in (
        TransportError,
        TimeoutException,
        ConnectTimeout,
        ReadTimeout,
        WriteTimeout,
        PoolTimeout,
        NetworkError,
        ConnectError,
        ReadError,
        WriteError,
        CloseError,
        ProxyError,
        UnsupportedProtocol,
        ProtocolError,
        LocalProtocolError,
        RemoteProtocolError,
        DecodingError,
        InvalidURL,
    )
}


def translate_library_error(error: Exception) -> Exception:
    """Return an exception of httpx or httpcore as the one of the same name here; others as they are.

    A header that cannot be encoded, as a token with other characters than ASCII, is no valid HTTP either.
    """
    if isinstance(error, UnicodeEncodeError):
        return LocalProtocolError("a header has other characters than ASCII")
    for kind in type(error).__mro__:
        if kind.__module__.partition(".")[0] in _LIBRARIES and kind.__name__ in _KINDS:
            translated = _KINDS[kind.__name__](str(error))
            translated.__cause__ = error
            return translated
    return error
