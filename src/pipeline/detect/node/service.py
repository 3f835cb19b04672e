"""What a Node service is: its configuration, and what its files tell where that says nothing."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from pipeline.config import Service
from pipeline.detect import programs, reads, sources
from pipeline.detect.found import Found, configured, joined
from pipeline.detect.image import build_settings, image_settings
from pipeline.detect.model import (
    Install,
    Manager,
    NodeService,
    Output,
    Place,
)
from pipeline.detect.node import install, lifecycle, local, managers, versions, workspace
from pipeline.detect.node.local import Local
from pipeline.detect.node.made import Made, made
from pipeline.detect.node.manifest import Manifest, read
from pipeline.detect.node.output import member_output
from pipeline.detect.node.scripts import script
from pipeline.detect.node.workspace import Workspace
from pipeline.errors import UsageError

_FRAMEWORKS_OWN = (".next", ".nuxt", ".output", ".turbo")
"""Folders that builds make and a developer's machine may have: no build takes them in."""

_SHARED = ("*.json", "*.js", "*.mjs", "*.cjs", "*.ts", ".swcrc", ".babelrc")
"""Files at a workspace's root that builds of its members may read."""

_PRISMA_SCHEMA = "prisma/schema.prisma"
_PRISMA_OUTPUT = re.compile(r"^\s*output\s*=\s*\"([^\"]+)\"", re.MULTILINE)


def detect(root: Path, name: str, settings: Service) -> NodeService:
    """Return what a Node service is.

    Raises
    ------
    UsageError
        If package.json or the lockfile is missing or cannot be used, or something cannot be told.
    """
    folder = root / settings.path
    manifest = read(folder / "package.json", joined(settings.path, "package.json"), name)
    space = workspace.find(root, settings, manifest, name)
    place = _place(settings, space, name)
    top = space.members.get(".", manifest)
    needed = space.needed(place.folder)
    libraries = tuple(member for member in needed if member not in {place.folder, "."})
    built = tuple(member for member in libraries if "build" in space.members[member].table("scripts"))
    manager = managers.manager(root / space.root, space.root, top, settings, name)
    running = _running(space, needed, place, manager.value, settings)
    version = versions.version(root, (settings.path, space.root), (manifest, top), settings)
    product = made(folder, manifest, place, settings)
    prisma = _prisma(folder, manifest, product.script)
    if prisma == "sources" and not product.script:
        product = product.with_output(place, _prisma_output(folder))
    _check_output(name, settings, product)
    own = {item: space.members[item] for item in (".", place.folder)}
    beside = local.find(root, space.root, {item: space.members[item] for item in (".", *needed)}, manager.value, name)
    installed, install_found = _install(
        root, settings, place, space, needed, running, beside, manager.value, prisma, product, lifecycle.patches(own)
    )
    if installed.production != "none":
        local.check_built(root / space.root, beside, [output.target for output in product.outputs], alone=place.folder == ".")
    native = install.native(root / space.root, space.root, manager.value, settings)
    installed = replace(
        installed, compiled=native.value, compiles_twice=native.value and _installs_twice(installed, settings, product)
    )
    image, image_found = image_settings(
        folder,
        settings,
        programs.Lazy(folder, settings.path, programs.NODE_FILES),
        product.port,
        product.start,
        own=manifest.name,
        ships_sources=product.ships_sources,
    )
    build = build_settings(settings, name, install.COMPILERS if native.value else ())
    if prisma == "sources":
        build = replace(build, before=(managers.command(manager.value, "prisma generate"), *build.before))
    made_by = {item: member_output(space.members[item]) for item in built}
    exclude = (
        *sources.within((*sources.NOT_SOURCES, *(f"**/{item}" for item in _FRAMEWORKS_OWN)), needed),
        *(place.within(item) for item in product.folders if item != "."),
        *(joined(*item) for item in made_by.items()),
    )
    ignored = sources.ignored(root, place)
    no_program = (*ignored.value, *exclude, *sources.within(sources.NODE_TESTS, needed))
    include = tuple(settings.include) or _included(root, space, needed, beside)
    members = [
        *([place.folder] if product.ships_sources else []),
        *(item for item in libraries if item in running and item not in built),
        *beside.shipped,
    ]
    shipped_by = {item: output for item, output in made_by.items() if item in running}
    shipped = _shipped(members, tuple(_read_by(root / space.root, shipped_by)), settings)
    # A build's result that lies on this machine is none of the repository's files.
    made_here = product.folders if settings.files is None else ()
    read_by_own = (item for item in image.files if not any(Path(item).is_relative_to(folder) for folder in made_here))
    files = tuple(dict.fromkeys((*read_by_own, *product.files)))
    return NodeService(
        place=place,
        version=version.value,
        install=installed,
        builds=tuple(
            script(manifest if item == place.folder else space.members[item], item, name, manager.value, root / space.root)
            for item, name in (*((item, "build") for item in built), (place.folder, product.script))
            if name
        ),
        output=(
            *(Output(item, item) for item in (joined(*pair) for pair in shipped_by.items())),
            *product.outputs,
        ),
        start=product.start,
        image=replace(image, files=files),
        build=build,
        runtime_manifests=_runtime_manifests(space, running, place, beside) if not product.bundled else {},
        sources=sources.chosen(include, no_program, settings.exclude),
        shipped=None if shipped is None else sources.chosen(shipped, (*no_program, *sources.NODE_INSTALLS), settings.exclude),
        check_sources=sources.chosen(include, exclude, settings.exclude),
        check_scripts=tuple(script for script in ("lint", "test") if script in manifest.table("scripts")),
        release=str(manifest.data.get("version", "")),
        runtime_env=product.env,
        settings=(
            version,
            _manager_shown(manager),
            *_workspace_shown(space),
            *product.settings,
            *(_with_files(item, files) if item.key == "files" else item for item in image_found),
            *install_found,
            native,
            *(lifecycle.not_run(own, product.script) if not settings.build.before else ()),
            *([ignored] if ignored.file else []),
            *(sources.variables_left_out(root, place, settings.exclude) if product.script else ()),
        ),
    )


def _place(settings: Service, space: Workspace, name: str) -> Place:
    path, context = Path(settings.path), Path(space.root)
    if not path.is_relative_to(context):
        msg = f"the folder {settings.path!r} does not lie in the context {space.root!r}"
        raise UsageError(msg, service=name, hint="correct `context` or `node.workspace`")
    if path != context and not space.file:
        msg = f"{space.root} is no workspace that lists {settings.path}"
        raise UsageError(msg, service=name, hint="correct `context` or `node.workspace`, or the workspace's list of members")
    return Place(settings.path, space.root, path.relative_to(context).as_posix())


def _running(space: Workspace, needed: Sequence[str], place: Place, manager: Manager, settings: Service) -> Sequence[str]:
    """Return those of the members needed that are so when the service runs."""
    # Other package managers link every member, and a service may well run with one that it has for development.
    if manager.name != "pnpm" or settings.node.prod_deps == "all":
        return needed
    return space.needed(place.folder, workspace.WHEN_IT_RUNS)


def _manager_shown(found: Found[Manager]) -> Found[str]:
    manager = found.value
    name = {"berry": "yarn"}.get(manager.name, manager.name)
    return Found(found.key, f"{name}@{manager.version}" if manager.version else name, found.file, found.line, found.why)


def _installs_twice(installed: Install, settings: Service, product: Made) -> bool:
    """Whether an image's dependencies are installed beside the build's, and could be a prune of those."""
    # Of other package managers no prune is known to leave what was compiled.
    pruned = installed.manager.name == "npm" and installed.production == "install" and not settings.node.prod_deps
    return pruned and bool(product.script or settings.build.before)


def _shipped(members: Sequence[str], read_by_built: Sequence[str], settings: Service) -> tuple[str, ...] | None:
    """Return the patterns of the sources that ship: those of members, all of the context for "."; None where none do."""
    if members[:1] == ["."]:
        return tuple(settings.include)
    return (*(f"{item}/**" for item in members), *read_by_built) or None


def _with_files(found: Found[tuple[str, ...]], files: tuple[str, ...]) -> Found[tuple[str, ...]]:
    """Return the files that programs read with those that what starts needs."""
    further = [name for name in files if name not in found.value]
    return replace(found, value=files, why="; what starts reads ".join(filter(None, (found.why, ", ".join(further)))))


def _workspace_shown(space: Workspace) -> tuple[Found[str], ...]:
    return (Found("node.workspace", space.root, space.file, 1, "its list of members"),) if space.file else ()


def _install(
    root: Path,
    settings: Service,
    place: Place,
    space: Workspace,
    needed: Sequence[str],
    running: Sequence[str],
    beside: Local,
    manager: Manager,
    prisma: str,
    product: Made,
    patches: Mapping[str, tuple[str, str]],
) -> tuple[Install, tuple[Found[Any], ...]]:
    # yarn's own lockfile names every member, and an install that misses one is taken for a change of it.
    read_by_install = space.members if manager.name == "berry" else dict.fromkeys((".", *needed))
    manifests = {item: space.members[item] for item in read_by_install}
    members = tuple(dict.fromkeys((".", *needed)))
    env = install.variables([space.members[item] for item in members], settings)
    scripts = install.scripts(root / space.root, space.root, manager, settings)
    unpatched = [item for item in patches if "patch-package" not in space.members[item].table("dependencies")]
    production = _production(settings, product, prisma, unpatched)
    schema = (place.within("prisma"),) if prisma == "dependencies" else ()
    patched = (folder for _, folder in patches.values())
    files = dict.fromkeys((*install.inputs(root / space.root, manager, settings), *beside.read, *schema, *patched))
    found = Install(
        manager=manager,
        manifests={
            joined(item, "package.json"): manifest.for_install(workspaces=bool(space.file))
            for item, manifest in (*manifests.items(), *beside.linked.items())
        },
        files=tuple(files),
        members=(*members, *beside.linked),
        shipped_members=(*(item for item in members if item in {".", *running}), *beside.shipped),
        focus=space.members[place.folder].name if space.file else "",
        frozen=settings.node.frozen,
        env=env.value,
        scripts=_allowed(settings),
        secrets=install.secrets(root / space.root),
        production=production.value,
        afterwards=(
            *((folder, command) for folder, (command, _) in patches.items()),
            *([(place.folder, "prisma generate")] if schema else []),
        ),
    )
    return found, (env, scripts, production)


def _allowed(settings: Service) -> tuple[str, ...] | None:
    """Return the dependencies whose install scripts may run, None for all."""
    match settings.node.install_scripts:
        case None | True:
            return None
        case False:
            return ()
        case names:
            return tuple(names)


def _production(
    settings: Service, product: Made, prisma: str, unpatched: Sequence[str]
) -> Found[Literal["install", "prune", "all", "none"]]:
    key = "node.prod_deps"
    if settings.node.prod_deps:
        return configured(key, settings.node.prod_deps)
    if product.bundled:
        return Found(key, "none", why="the output brings its dependencies along")
    if prisma == "dependencies":
        return Found(key, "prune", why="Prisma's client is generated into the dependencies")
    if unpatched:
        return Found(key, "prune", why="patch-package, which is for development, changes the dependencies")
    return Found(key, "install", why="by convention")


def _prisma(folder: Path, manifest: Manifest, script: str) -> Literal["", "sources", "dependencies"]:
    """Return where Prisma's client is generated to, "" where there is none, or the service's own scripts see to it."""
    schema = folder / _PRISMA_SCHEMA
    if not schema.is_file() or not manifest.depends_on("prisma"):
        return ""
    if not _PRISMA_OUTPUT.search(schema.read_text(encoding="utf-8", errors="replace")):
        return "dependencies"
    scripts = manifest.table("scripts")
    own = (str(scripts.get(item)) for item in (f"pre{script}", script))
    return "" if any("prisma generate" in item for item in own) else "sources"


def _prisma_output(folder: Path) -> str:
    """Return the folder that Prisma's client is generated into, relative to the service's."""
    schema = (folder / _PRISMA_SCHEMA).read_text(encoding="utf-8", errors="replace")
    named = _PRISMA_OUTPUT.search(schema)
    return posixpath.normpath(posixpath.join(posixpath.dirname(_PRISMA_SCHEMA), named[1])) if named else ""


def _check_output(name: str, settings: Service, product: Made) -> None:
    """Check that what is to be made is made by something, and that what makes something makes it for an image."""
    if product.script:
        return
    key = f"services.{name}"
    if settings.node.output and not settings.build.before:
        msg = f"nothing makes {settings.node.output[0]!r}: there is no script that builds, and no command of `build.before`"
        hint = "name what makes it by `node.build` or `build.before`, or what is there already by `files`"
        raise UsageError(msg, key=f"{key}.node.output", hint=hint)
    if settings.build.before and not product.outputs:
        msg = "the service has no build whose result it could be part of"
        raise UsageError(msg, key=f"{key}.build.before", hint='name what it makes: `node = { output = ["generated"] }`')


def _included(root: Path, space: Workspace, needed: Sequence[str], beside: Local) -> tuple[str, ...]:
    """Return the patterns of what a build takes in: everything, or of a workspace the members needed and the root's own files."""
    if not space.file or "." in needed:
        return ()
    shared = sorted({path.name for pattern in _SHARED for path in (root / space.root).glob(pattern) if path.is_file()})
    return (
        *(f"{folder}/**" for folder in (*needed, *beside.linked)),
        *(name for name in shared if name != "package-lock.json"),
    )


def _read_by(context: Path, made: Mapping[str, str]) -> Iterator[str]:
    """Yield what libraries read when they run beside what their builds make, relative to the context."""
    for folder, output in made.items():
        found = reads.files(context / folder, programs.programs(context / folder, folder, programs.NODE_FILES))
        yield from (f"{folder}/{name}" for name in found.value if not Path(name).is_relative_to(output))


def _runtime_manifests(space: Workspace, running: Sequence[str], place: Place, beside: Local) -> dict[str, str]:
    members = {item: space.members[item] for item in (*running, place.folder)}
    shipped = {item: beside.linked[item] for item in beside.shipped}
    return {joined(item, "package.json"): manifest.for_runtime() for item, manifest in {**members, **shipped}.items()}
