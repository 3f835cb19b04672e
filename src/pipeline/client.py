"""The Dagger client, used in a way that a graph of hundreds of services can afford.

The client makes a converter for every step of every chain of calls: 4 ms and some 20 kB for each, most of the time that a
graph takes and nearly all of its memory. A step's converter is made here when something has to be converted that one for
all cannot convert. Whether an argument is an object it finds out by looking through a protocol, where its class says so at once.
And it asks for the id of each object wherever that is an argument, which is most of what it asks for at
all, though a base, a cache volume or an empty folder is the same for many stages: an id is asked for once.
Of what it imports, a sixth is for starting engines and for spans that nobody asked for.
Source: `dagger/client/_core.py` and `_guards.py` of dagger-io 0.21, `Context`, `make_converter` and `is_id_type`; `dagger/__init__.py`
and `telemetry.py`.
"""

from __future__ import annotations

import gc
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import anyio

_ID = "id"
_AT_ONCE = 4
"""Ids that are asked for at the same time. Each has a connection of its own, and more of them only make each other slow."""


class _Converter:
    """Stands for the converter of one context: objects in an answer need its own, arguments and plain values do not."""

    __slots__ = ("_context", "_make", "_shared")

    def __init__(self, shared: Any, make: Callable[[Any], Any], context: Any) -> None:
        self._shared, self._make, self._context = shared, make, context

    def unstructure(self, value: Any) -> Any:
        """Return an argument as plain data."""
        return self._shared.unstructure(value)

    def structure(self, value: Any, kind: Any) -> Any:
        """Return an answer in the type that it is to have."""
        plain = value is None or isinstance(value, str | int | float)
        return (self._shared if plain else self._make(self._context)).structure(value, kind)


_OPTIONAL = ("dagger.provisioning", "httpx._main")
"""Modules that their packages do without where they are missing: what starts an engine, and a program."""


def load() -> None:
    """Import the client, for a session that there is or will be. To do it again does nothing."""
    with _without(*_OPTIONAL):
        if not _is_traced(os.environ):
            sys.modules.setdefault("dagger.telemetry", _no_telemetry())
        from dagger.client import _core, base  # noqa: PLC0415 - a second of start-up that bad input need not pay

    make: Callable[[Any], Any] = _core.make_converter
    if make.__module__ == __name__:
        return
    shared = make(_core.Context())

    def lazily(context: Any) -> Any:
        return _Converter(shared, make, context)

    def is_object(value: object) -> bool:
        return isinstance(value, base.Type)

    def are_objects(value: object) -> bool:
        return isinstance(value, list | tuple) and all(map(is_object, value))

    vars(_core).update(make_converter=lazily, is_id_type=is_object, is_id_type_sequence=are_objects)
    # All that was made so far lives to the end: half a million objects that the first collection would take 0.2 s to look through.
    gc.freeze()


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """Have modules that are not imported yet be missing for as long as the context lasts."""
    missing: dict[str, Any] = {name: None for name in names if name not in sys.modules}
    sys.modules.update(missing)
    try:
        yield
    finally:
        for name in missing:
            del sys.modules[name]


def _is_traced(environ: Mapping[str, str]) -> bool:
    """Whether the client would do anything about telemetry at all."""
    return "TRACEPARENT" in environ or any(name.startswith("OTEL_") for name in environ)


def _no_telemetry() -> ModuleType:
    """Return what stands for the client's telemetry where that would do nothing."""

    def nothing(**_: object) -> None:
        return

    module = ModuleType("dagger.telemetry", "Nothing asks for spans.")
    vars(module).update(initialize=nothing)
    return module


@contextmanager
def remembered_ids() -> Iterator[None]:
    """Ask for the id of what the same calls make once, for as long as the context lasts: in one session, they make the same."""
    from dagger.client._core import Context  # noqa: PLC0415 - as above

    known: dict[str, Any] = {}
    asking: dict[str, anyio.Lock] = defaultdict(anyio.Lock)
    limit = anyio.CapacityLimiter(_AT_ONCE)
    ask: Callable[..., Any] = Context.execute

    async def answer(context: Any, kind: Any = None) -> Any:
        if context.selections[-1].name != _ID or kind is None or getattr(kind, "__origin__", None) is list:
            return await ask(context, kind)
        await context.resolve_ids()
        calls = repr([(step.name, step.args, step.inline_type) for step in context.selections])
        async with asking[calls]:
            if calls not in known:
                async with limit:
                    known[calls] = await ask(context, kind)
        return known[calls]

    Context.execute = answer  # type: ignore[method-assign,assignment]  # it has overloads
    try:
        yield
    finally:
        Context.execute = ask  # type: ignore[method-assign]
