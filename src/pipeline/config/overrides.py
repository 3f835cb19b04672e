"""What flags and environment variables set over the file: flags win, then variables (`PIPELINE_MAX_PARALLEL`, …)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.config.faults import did_you_mean
from pipeline.config.model import COMPRESSIONS, PLATFORMS
from pipeline.errors import UsageError
from pipeline.flags import Overrides

_VARIABLES = {
    "metrics": ("textfile", "pushgateway"),
    "engine": ("hosts", "tlscacert", "tlscert", "tlskey", "tlsservername"),
}
"""The keys that variables set as they stand (`PIPELINE_METRICS_TEXTFILE`), by table."""


def override(data: dict[str, Any], environ: Mapping[str, str], overrides: Overrides) -> dict[str, Any]:
    """Return the file's data with what flags and variables set.

    Raises
    ------
    UsageError
        If a flag or variable has a value that it cannot have.
    """
    parallel = overrides.max_parallel if overrides.max_parallel is not None else _number(environ, "PIPELINE_MAX_PARALLEL", int)
    timeout = overrides.timeout if overrides.timeout is not None else _number(environ, "PIPELINE_TIMEOUT", float)
    if parallel is not None:
        if parallel < 1:
            msg = f"--max-parallel is {parallel}"
            raise UsageError(msg, hint="at least one service must be built at a time")
        data = {**data, "max_parallel": parallel}
    if registry := overrides.registry or environ.get("PIPELINE_REGISTRY"):
        data = {**data, "registry": registry}
    data = _with_cache(_with_compression(data, overrides.compression), environ, overrides)
    if timeout is not None and not timeout > 0:
        msg = f"--timeout is {timeout:g}"
        raise UsageError(msg, hint="give a number of seconds above 0")
    for table, keys in _VARIABLES.items():
        found = {key: environ[name] for key in keys if environ.get(name := f"PIPELINE_{table}_{key}".upper())}
        if found and isinstance(named := data.get(table, {}), dict):
            lists = {key: value.replace(",", " ").split() for key, value in found.items() if key == "hosts"}
            data = {**data, table: {**named, **found, **lists}}
    for platform in overrides.platforms:
        if platform not in PLATFORMS:
            msg = f"--platform {platform!r} is not supported"
            raise UsageError(msg, hint=did_you_mean(platform, PLATFORMS) or f"supported are {', '.join(PLATFORMS)}")
    every = {
        key: value
        for key, value in (
            ("timeout", timeout),
            ("platforms", list(overrides.platforms)),
            ("tags", list(overrides.tags)),
            ("target", overrides.target),
        )
        if value
    }
    services = data.get("services")
    if not isinstance(services, dict):
        return data
    _check_args(overrides.args, services)
    changed = {
        name: _with_args({**item, **every}, overrides.args) if isinstance(item, dict) else item
        for name, item in services.items()
    }
    return {**data, "services": changed}


def _with_compression(data: dict[str, Any], named: str) -> dict[str, Any]:
    if named and named not in COMPRESSIONS:
        msg = f"--compression is {named!r}"
        raise UsageError(msg, hint=f"it can be {' or '.join(COMPRESSIONS)}")
    return {**data, "compression": named} if named else data


def _with_cache(data: dict[str, Any], environ: Mapping[str, str], overrides: Overrides) -> dict[str, Any]:
    registry = overrides.cache_registry or environ.get("PIPELINE_CACHE_REGISTRY", "")
    write = overrides.cache_write if overrides.cache_write is not None else _switch(environ, "PIPELINE_CACHE_WRITE")
    changes = {**({"registry": registry} if registry else {}), **({} if write is None else {"write": write})}
    table = data.get("cache", {})
    return {**data, "cache": {**table, **changes}} if changes and isinstance(table, dict) else data


def _switch(environ: Mapping[str, str], name: str) -> bool | None:
    if not (text := environ.get(name)):
        return None
    known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if text.lower() not in known:
        msg = f"{name} is {text!r}, which is neither true nor false"
        raise UsageError(msg, hint=f"unset {name} or make it true or false")
    return known[text.lower()]


def _declared(service: Any) -> Mapping[str, Any]:
    """Return the build arguments that a service's table declares, "" keys and other faults left to the check that follows."""
    build = service.get("build") if isinstance(service, dict) else None
    args = build.get("args") if isinstance(build, dict) else None
    return args if isinstance(args, dict) else {}


def _check_args(args: Mapping[str, str], services: Mapping[str, Any]) -> None:
    known = sorted({name for service in services.values() for name in _declared(service)})
    for name in args:
        if name not in known:
            msg = f"--build-arg {name}: no service declares such an argument"
            hint = (
                did_you_mean(name, known)
                or f'declare it where it is read: `args = {{ {name} = "…" }}` in [services.NAME.build]'
            )
            raise UsageError(msg, hint=hint)


def _with_args(service: dict[str, Any], args: Mapping[str, str]) -> dict[str, Any]:
    declared = _declared(service)
    if not (set_now := {name: value for name, value in args.items() if name in declared}):
        return service
    return {**service, "build": {**service["build"], "args": {**declared, **set_now}}}


def _number(environ: Mapping[str, str], name: str, kind: type[int | float]) -> Any:
    if not (text := environ.get(name)):
        return None
    try:
        return kind(text)
    except ValueError:
        msg = f"{name} is {text!r}, which is no number"
        raise UsageError(msg, hint=f"unset {name} or give it a number") from None
