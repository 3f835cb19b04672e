"""Base images as data: what is asked for, what it was resolved to, where it lies."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.bases.errors import BaseError
from pipeline.files import write_text_atomic

Role = Literal["node-build", "node-runtime", "go-build", "libc", "config"]
Origin = Literal["packages", "hub", "address"]

INDEX = "bases.json"
"""The file beside assembled archives that says what they are."""


@dataclass(frozen=True, slots=True)
class BaseRequest:
    """A base that a stage starts from.

    Parameters
    ----------
    version:
        Node's or Go's, "" for `config` and `libc`.
    packages:
        Distribution packages that it has beside its own, with all that they depend on. A base of a final image that has
        any has a shell, too.
    """

    role: Role
    version: str
    platform: str
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user decided about bases. `node`, `go` and `config` are addresses that override."""

    origin: Literal["auto", "hub", "packages"] = "auto"
    hub: str = "docker.io/library"
    node: str = ""
    go: str = ""
    config: str = ""


@dataclass(frozen=True, slots=True)
class Base:
    """A base image that was found.

    Parameters
    ----------
    request:
        What it was asked for as.
    title:
        What it is, for people: one line.
    digest:
        The digest of its manifest.
    archive:
        The OCI image archive's name in the set's folder, "" for one at an address.
    address:
        The address with its digest, "" for an archive.
    files, links:
        Where a base is a choice of another image's files: the files, and symbolic links (path, target) beside them.
    """

    request: BaseRequest
    source: Origin
    title: str
    digest: str
    archive: str = ""
    address: str = ""
    files: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class BaseSet:
    """All bases of a run. `notice` says in one line where they come from."""

    directory: Path | None
    bases: tuple[Base, ...]
    notice: str = ""

    def get(self, role: Role, version: str, platform: str, packages: tuple[str, ...] = ()) -> Base:
        """Return the base that a request was resolved to.

        Raises
        ------
        BaseError
            If the set has none: it was made for another configuration.
        """
        wanted = BaseRequest(role, version, platform, packages)
        for base in self.bases:
            if base.request == wanted:
                return base
        beside = f" with {', '.join(packages)}" if packages else ""
        msg = f"there is no base {role} {version} for {platform}{beside} in this set"
        raise BaseError(msg, hint="assemble the bases again from the same configuration")

    @property
    def archives(self) -> tuple[Path, ...]:
        """The archives of the set's assembled bases."""
        return tuple(self.directory / base.archive for base in self.bases if base.archive) if self.directory else ()

    def save(self) -> None:
        """Write the set's index beside its archives, adding to what is there."""
        if self.directory is None:
            return
        known = {base.request: base for base in load(self.directory)} | {base.request: base for base in self.bases}
        data = [asdict(base) for base in known.values()]
        write_text_atomic(self.directory / INDEX, json.dumps(data, indent=2) + "\n")


def load(directory: Path) -> tuple[Base, ...]:
    """Return what a folder's index says is in it; nothing if there is no readable index, or one of another version."""
    try:
        return parse(json.loads((directory / INDEX).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError):
        return ()


def parse(data: Sequence[dict[str, object]]) -> tuple[Base, ...]:
    """Return the bases that an index's data describes."""
    return tuple(
        Base(
            request=_request(item["request"]),
            source=item["source"],  # type: ignore[arg-type]
            title=str(item["title"]),
            digest=str(item["digest"]),
            archive=str(item["archive"]),
            address=str(item["address"]),
            files=tuple(item["files"]),  # type: ignore[arg-type]
            links=tuple((str(path), str(target)) for path, target in item["links"]),  # type: ignore[attr-defined]
        )
        for item in data
    )


def _request(data: Any) -> BaseRequest:
    return BaseRequest(**{**data, "packages": tuple(data.get("packages", ()))})
