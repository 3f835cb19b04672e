"""`pipeline` with its requests to the session counted: the number is written to the file that the first argument names."""

from __future__ import annotations

import atexit
import sys
from pathlib import Path

import httpx

from pipeline.__main__ import main

_target = Path(sys.argv.pop(1))
_send = httpx.AsyncHTTPTransport.handle_async_request
_requests = 0


async def _counted(transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
    global _requests  # noqa: PLW0603 - a program of one number
    _requests += 1
    return await _send(transport, request)


httpx.AsyncHTTPTransport.handle_async_request = _counted  # type: ignore[method-assign]
atexit.register(lambda: _target.write_text(str(_requests)))
main()
