"""docs/functions.md, from what the module tells a Dagger Engine of itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import NoneType
from typing import Any, get_args, get_origin

from dagger.mod import default_module

from pipeline.module import Pipeline

_HEAD = """\
# Dagger functions

<!-- Made from the module itself: `pytest --update-golden` writes it again. -->

What `dagger functions` lists, for `dagger call` and for modules that install this one, as `examples/release` does. In this
repository:

```console
$ dagger call plan
$ dagger call build --services auth-service
$ dagger call image --service auth-service publish --address registry.example/auth-service:1
$ dagger check
```

In another one hand it over: `dagger -m git.example/team/pipeline@v0.1.0 call --source . plan`. A function has no files,
variables or users of its machine: what the command line takes from there is handed over, too, by the arguments below. Names of
services are those of `pipeline.toml`.
"""


def functions_page() -> str:
    """Return the module's functions as Markdown, each with its arguments."""
    module = default_module().get_object(Pipeline.__name__)
    parts = [_HEAD, "## Arguments of the module\n", "They stand before the function's name.\n"]
    parts += _arguments(module.get_constructor())
    for name, function in module.functions.items():
        if name:
            parts += _function(name, function)
    return "\n".join(parts)


def _function(name: str, function: Any) -> Iterator[str]:
    returned = "" if function.return_type is NoneType else f" → {_kind(function.return_type)}"
    yield f"## `{_flag(name)}`{returned}\n\n{' '.join(function.doc.split())}\n"
    if function.check:
        yield "A check: `dagger check` runs it with the others.\n"
    yield from _arguments(function)


def _arguments(function: Any) -> Iterator[str]:
    if function.parameters:
        yield "| argument | value | default | meaning |\n| --- | --- | --- | --- |"
        for name, parameter in function.parameters.items():
            yield f"| `--{_flag(name)}` | {_kind(parameter.resolved_type)} | {_default(parameter)} | {parameter.doc} |"
        yield ""


def _flag(name: str) -> str:
    return name.replace("_", "-")


def _kind(kind: Any) -> str:
    inner = [argument for argument in get_args(kind) if argument is not NoneType]
    if get_origin(kind) is list:
        return f"list of {_kind(inner[0])}"
    if inner:
        return _kind(inner[0])
    return "text" if kind is str else str(kind.__name__)


def _default(parameter: Any) -> str:
    if parameter.default_path:
        return f"`{parameter.default_path}` of the module's repository"
    if not parameter.has_default:
        return "required"
    default = parameter.signature.default
    return f"`{json.dumps(default)}`" if default else ""
