"""The main packages of a module."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from pipeline.detect.constraints import built
from pipeline.detect.found import Found, configured, joined
from pipeline.detect.programs import GO_PRUNED
from pipeline.detect.syntax import line, text, tree, walk
from pipeline.errors import UsageError


def main(folder: Path, path: str, name: str, module: str, asked: str | None, tags: Sequence[str] = ()) -> Found[str]:
    """Return the package that becomes the service's program: the root's, then cmd/<the module's name>, then the only one.

    Raises
    ------
    UsageError
        If the package that is asked for is none, or it cannot be told which of several it is.
    """
    if asked:
        return configured("go.main", named(folder, path, name, asked, "go.main", tags))
    if found := declared(folder, tags):
        return Found("go.main", ".", joined(path, found[0]), found[1], "func main")
    packages = packages_of(folder, tags)
    own = f"./cmd/{base(module)}"
    chosen = own if own in packages else packages[0] if len(packages) == 1 else ""
    if chosen and (found := declared(folder / chosen, tags)):
        return Found("go.main", chosen, joined(path, f"{chosen.removeprefix('./')}/{found[0]}"), found[1], "func main")
    what = f"several main packages: {', '.join(packages)}" if packages else "no main package"
    msg = f"{path} has {what}"
    example = packages[0] if packages else "./cmd/…"
    hint = f'name one in [services.{name}.go]: `main = "{example}"`'
    more = "; another that serves is a service with the same `path`, one that ships beside it stands in `binaries`"
    raise UsageError(msg, service=name, key="go.main", hint=hint + (more if packages else ""))


def named(folder: Path, path: str, name: str, package: str, key: str, tags: Sequence[str] = ()) -> str:
    """Return a main package that a key names, as Go names those of a module: what `./` does not begin is one of Go's own.

    Raises
    ------
    UsageError
        If it is none.
    """
    place = PurePosixPath(package).as_posix()
    if not declared(folder / place, tags):
        msg = f"{joined(path, place)} holds no main package"
        raise UsageError(msg, service=name, key=key, hint=f"correct `{key}`")
    return place if place == "." else f"./{place}"


def packages_of(folder: Path, tags: Sequence[str] = ()) -> Sequence[str]:
    """Return the main packages below a module's folder, those of its other modules left out, as Go names them."""
    found: list[str] = []
    for where, folders, files in os.walk(folder):
        place = Path(where)
        folders[:] = sorted(
            item for item in folders if item not in GO_PRUNED and item[0] not in "._" and not (place / item / "go.mod").exists()
        )
        if any(file.endswith(".go") for file in files) and declared(place, tags):
            relative = place.relative_to(folder).as_posix()
            found.append("." if relative == "." else f"./{relative}")
    return found


def declared(folder: Path, tags: Sequence[str] = ()) -> tuple[str, int] | None:
    """Return the file and line that make a folder a main package, those of its function main; None if it is none."""
    clause: tuple[str, int] | None = None
    for path in sorted(folder.glob("*.go")):
        if path.name.endswith("_test.go") or not (root := tree(path)) or not built(path.name, root.text or b"", tags):
            continue
        for found in walk(root, "package_clause"):
            if text(found.named_children[0]) != "main":
                return None
            clause = clause or (path.name, line(found))
        for function in walk(root, "function_declaration"):
            if text(function.child_by_field_name("name")) == "main":
                return path.name, line(function)
    return clause


def base(module: str) -> str:
    """Return a module's own name: the last part of its path that is no major version."""
    parts = [part for part in module.split("/") if not (part[:1] == "v" and part[1:].isdecimal())]
    return parts[-1] if parts else module
