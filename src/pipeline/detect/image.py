"""What every kind of service has in common: its image's settings, and values with build arguments in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.config import Service
from pipeline.detect import health, ports, reads
from pipeline.detect.found import Found, configured, or_false
from pipeline.detect.model import BuildSettings, Health, ImageSettings
from pipeline.detect.programs import Program
from pipeline.errors import UsageError

SHELLS = ("sh", "bash", "/bin/sh", "/bin/bash")


_ARGUMENT = re.compile(r"\$\{([A-Za-z_]\w*)\}")


def image_settings(
    folder: Path,
    settings: Service,
    read: Callable[[], Sequence[Program]],
    port: int,
    start: Sequence[str],
    *,
    own: str,
    ships_sources: bool,
) -> tuple[ImageSettings, tuple[Found[Any], ...]]:
    """Return what a service's image is given, and where that comes from.

    Parameters
    ----------
    read:
        What gives the files of the service's programs.
    port:
        The port by convention, 0 for none.
    start:
        The start command, which may need a shell.
    own:
        The name of the service's package or module.
    ships_sources:
        Whether all files of the service are in the image anyway.
    """
    if settings.port is not None:
        found_port = configured("port", settings.port or 0)
    else:
        found_port = ports.port(read(), port, own, ports.exposed(folder, settings.path))
    if settings.health is not None:
        probe = configured("health", tuple(settings.health) if isinstance(settings.health, list) else settings.health)
    elif settings.port is False:
        probe = Found("health", False, why="it listens on no port")
    else:
        probe = health.health(read())
    if settings.files is not None:
        files = configured("files", tuple(settings.files))
    elif ships_sources:
        files = Found("files", (), why="the sources are what runs")
    else:
        files = reads.files(folder, read())
    base = _base(settings, start)
    image = ImageSettings(
        port=found_port.value,
        health=Health.of(probe.value),
        workdir=settings.workdir or "",
        files=files.value,
        writable=tuple(settings.writable),
        base=base.value,
        packages=tuple(settings.runtime.packages),
    )
    return image, (or_false(found_port), probe, files, base)


def _base(settings: Service, start: Sequence[str]) -> Found[str]:
    key = "runtime.base"
    if settings.runtime.base:
        return configured(key, settings.runtime.base)
    if settings.runtime.packages:
        return Found(key, "shell", why="packages are asked for")
    if start and start[0] in SHELLS:
        return Found(key, "shell", why="the start command needs one")
    return Found(key, "minimal", why="nothing needs a shell")


def build_settings(settings: Service, name: str, packages: Sequence[str] = ()) -> BuildSettings:
    """Return what a service's build stage is given. `packages` are those that were found to be needed."""
    args = settings.build.args
    env = {key: expanded(value, args, name, f"build.env.{key}") for key, value in settings.build.env.items()}
    wanted = tuple(dict.fromkeys((*packages, *settings.build.packages)))
    return BuildSettings({**args, **env}, wanted, tuple(settings.build.before))


def expanded(value: str, args: Mapping[str, str], service: str, key: str) -> str:
    """Return a value with its build arguments put in.

    Raises
    ------
    UsageError
        If it names one that is not declared.
    """
    for name in _ARGUMENT.findall(value):
        if name not in args:
            msg = f"{value!r} names the build argument {name}, which is not declared"
            hint = f'declare it with its default: `args = {{ {name} = "" }}` in [services.{service}.build]'
            raise UsageError(msg, key=f"services.{service}.{key}", hint=hint)
    return _ARGUMENT.sub(lambda found: args[found[1]], value)
