"""What each field of the served API does: a function from a node and its arguments to a node or a value.

Fields that make a node from another are pure. Fields that give a plain value ask the evaluator.
"""

from __future__ import annotations

import stat as stat_module
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from daglet import contexts, patterns, relations, trees
from daglet import operations as ops
from daglet.errors import InvalidOperation, Unsupported
from daglet.evaluate import Evaluator

Resolver = Callable[..., Any | Awaitable[Any]]

_PERMISSIONS = 0o777
"""What a Dagger Engine takes of a mode that is asked for: no set-user-ID, set-group-ID or sticky bit."""


@dataclass(frozen=True, slots=True)
class HostRoot:
    """The API's entry to the machine that the client runs on."""

    digest: str = "host"


@dataclass(frozen=True, slots=True)
class Stat:
    """What is known of a file or folder without reading it."""

    name: str
    file_type: str
    permissions: int
    size: int


FIELDS: dict[str, dict[str, Resolver]] = {}
"""The served fields, by type and name."""


def _serves(kind: str, field: str) -> Callable[[Resolver], Resolver]:
    def register(resolver: Resolver) -> Resolver:
        FIELDS.setdefault(kind, {})[field] = resolver
        return resolver

    return register


# --- Query


@_serves("Query", "container")
def _container(_: Evaluator, __: None, *, platform: str = "") -> ops.Container:
    return ops.Scratch(platform)


@_serves("Query", "directory")
def _empty(_: Evaluator, __: None) -> ops.Directory:
    return ops.EmptyDirectory()


@_serves("Query", "file")
def _file(_: Evaluator, __: None, *, name: str, contents: str, permissions: int = 0o644) -> ops.File:
    return ops.NewFile(name, contents, permissions & _PERMISSIONS)


@_serves("Query", "cacheVolume")
def _cache_volume(_: Evaluator, __: None, *, key: str, owner: str = "") -> ops.CacheVolume:
    return ops.CacheVolume(key, owner)


@_serves("Query", "setSecret")
def _set_secret(evaluator: Evaluator, _: None, *, name: str, plaintext: str) -> ops.Secret:
    evaluator.secrets[name] = plaintext
    return ops.Secret(name)


@_serves("Query", "secret")
def _secret(_: Evaluator, __: None, *, uri: str) -> ops.Secret:
    return ops.Secret(uri.partition("://")[2].rpartition("/")[2], uri)


@_serves("Query", "host")
def _host(_: Evaluator, __: None) -> HostRoot:
    return HostRoot()


@_serves("Query", "defaultPlatform")
def _default_platform(evaluator: Evaluator, _: None = None) -> str:
    return evaluator.engine.platform


@_serves("Secret", "name")
def _secret_name(_: Evaluator, secret: ops.Secret) -> str:
    return secret.name


@_serves("Secret", "plaintext")
def _plaintext(evaluator: Evaluator, secret: ops.Secret) -> str:
    return evaluator.plaintext(secret)


# --- Host


@_serves("Host", "directory")
def _host_directory(
    _: Evaluator,
    __: HostRoot,
    *,
    path: str,
    include: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    no_cache: bool = False,
) -> ops.Directory:
    del no_cache  # A host folder is read anew by every session, and once by each.
    filters = ((include, exclude),) if include or exclude else ()
    return ops.HostDirectory(str(Path(path).resolve()), filters)


@_serves("Host", "file")
def _host_file(_: Evaluator, __: HostRoot, *, path: str, no_cache: bool = False) -> ops.File:
    del no_cache
    resolved = Path(path).resolve()
    return ops.HostFile(resolved.name, str(resolved))


# --- Container: what it starts from


def _fresh(container: ops.Container, what: str) -> ops.Scratch:
    if not isinstance(container, ops.Scratch):
        what = f"{what} on a container that is not empty"
        raise Unsupported(what)
    return container


@_serves("Container", "from")
def _from(_: Evaluator, container: ops.Container, *, address: str) -> ops.Container:
    return ops.FromAddress(address, _fresh(container, "from").for_platform)


@_serves("Container", "import")
def _import(_: Evaluator, container: ops.Container, *, source: ops.File, tag: str = "") -> ops.Container:
    return ops.FromArchive(source, tag, _fresh(container, "import").for_platform)


# --- Container and Directory: changes to the tree


def _step(container: ops.Container, step: ops.Edit | ops.Exec | ops.Setting | ops.Mount) -> ops.Container:
    return ops.ContainerStep(container, step)


def _taken(container: ops.Container, path: str) -> ops.Directory | ops.File | None:
    """Return what is at a path of a container where it is not in its own file system but in something mounted."""
    if not (found := relations.mounted(container, path)):
        return None
    mount, changed = found
    if not isinstance(mount.source, ops.Directory | ops.File):
        msg = f"{path} cannot be taken out of the container: it is in a mounted cache, secret or temporary folder"
        raise InvalidOperation(msg)
    if changed:
        what = f"what commands wrote to {mount.path}, where a directory or file is mounted,"
        raise Unsupported(what)
    inside = PurePosixPath(path).relative_to(mount.path)
    if isinstance(mount.source, ops.File) or inside == PurePosixPath():
        return mount.source
    return ops.SubDirectory(mount.source, f"/{inside}")


def _changed(node: ops.Container | ops.Directory, edit: ops.Edit) -> ops.Container | ops.Directory:
    for path in getattr(edit, "paths", None) or (getattr(edit, "path", "/"),):
        if isinstance(node, ops.Container) and relations.mounted(node, path):
            what = f"a change to {path}, where something is mounted,"
            raise Unsupported(what)
    return ops.ContainerStep(node, edit) if isinstance(node, ops.Container) else ops.DirectoryEdit(node, edit)


def _at(node: ops.Container | ops.Directory, path: str) -> str:
    """Return a path in the tree; in a container a relative one starts at the working directory."""
    absolute = ops.absolute(path, _workdir(node) if isinstance(node, ops.Container) and not path.startswith("/") else "/")
    return f"{absolute}/" if path.endswith("/") and absolute != "/" else absolute


def _workdir(container: ops.Container) -> str:
    cursor = container
    while isinstance(cursor, ops.ContainerStep):
        if isinstance(cursor.step, ops.Setting) and cursor.step.kind == "WORKDIR":
            return str(cursor.step.value or "/")
        cursor = cursor.parent
    if not isinstance(cursor, ops.Scratch):
        what = "a relative path in an image whose work directory is not set here"
        raise Unsupported(what)
    return "/"


def _with_directory(
    _: Evaluator,
    node: ops.Container | ops.Directory,
    *,
    path: str,
    source: ops.Directory,
    include: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    owner: str = "",
    permissions: int | None = None,
) -> Any:
    target = _at(node, path).rstrip("/") or "/"
    return _changed(node, ops.CopyDirectory(target, source, include, exclude, owner, permissions))


def _with_file(
    _: Evaluator,
    node: ops.Container | ops.Directory,
    *,
    path: str,
    source: ops.File,
    owner: str = "",
    permissions: int | None = None,
) -> Any:
    mode = None if permissions is None else permissions & _PERMISSIONS
    return _changed(node, ops.CopyFile(_at(node, path), source, owner, mode))


def _with_files(
    _: Evaluator,
    node: ops.Container | ops.Directory,
    *,
    path: str,
    sources: tuple[ops.File, ...],
    owner: str = "",
    permissions: int | None = None,
) -> Any:
    for source in sources:
        node = _with_file(_, node, path=f"{path.rstrip('/')}/", source=source, owner=owner, permissions=permissions)
    return node


def _with_new_file(
    _: Evaluator,
    node: ops.Container | ops.Directory,
    *,
    path: str,
    contents: str,
    permissions: int = 0o644,
    owner: str = "",
) -> Any:
    target = _at(node, path)
    file = ops.NewFile(PurePosixPath(target).name, contents, permissions & _PERMISSIONS)
    return _changed(node, ops.CopyFile(target, file, owner))


def _with_symlink(_: Evaluator, node: ops.Container | ops.Directory, *, target: str, link_name: str) -> Any:
    return _changed(node, ops.MakeSymlink(target, _at(node, link_name)))


def _without(_: Evaluator, node: ops.Container | ops.Directory, *, path: str) -> Any:
    return _changed(node, ops.Remove((_at(node, path),)))


def _without_files(_: Evaluator, node: ops.Container | ops.Directory, *, paths: tuple[str, ...]) -> Any:
    return _changed(node, ops.Remove(tuple(_at(node, path) for path in paths)))


for _kind in ("Container", "Directory"):
    _serves(_kind, "withDirectory")(_with_directory)
    _serves(_kind, "withFile")(_with_file)
    _serves(_kind, "withFiles")(_with_files)
    _serves(_kind, "withNewFile")(_with_new_file)
    _serves(_kind, "withSymlink")(_with_symlink)
    _serves(_kind, "withoutDirectory")(_without)
    _serves(_kind, "withoutFile")(_without)
    _serves(_kind, "withoutFiles")(_without_files)


# --- Container: commands and what they see


@_serves("Container", "withExec")
def _with_exec(
    _: Evaluator,
    container: ops.Container,
    *,
    args: tuple[str, ...],
    expect: str = "SUCCESS",
    stdin: str = "",
    redirect_stdin: str = "",
    redirect_stdout: str = "",
    redirect_stderr: str = "",
) -> ops.Container:
    if not args:
        msg = "withExec has no arguments: there is no command to run"
        raise InvalidOperation(msg)
    if expect not in {"SUCCESS", "FAILURE", "ANY"}:
        msg = f"withExec(expect:) is {expect!r}"
        raise InvalidOperation(msg)
    return _step(container, ops.Exec(args, expect, stdin, redirect_stdin, redirect_stdout, redirect_stderr))  # type: ignore[arg-type]


@_serves("Container", "withMountedCache")
def _with_mounted_cache(
    _: Evaluator, container: ops.Container, *, path: str, cache: ops.CacheVolume, sharing: str = "SHARED", owner: str = ""
) -> ops.Container:
    return _step(container, ops.Mount(_at(container, path), cache, "cache", sharing, owner))


@_serves("Container", "withMountedDirectory")
def _with_mounted_directory(
    _: Evaluator, container: ops.Container, *, path: str, source: ops.Directory, read_only: bool = False
) -> ops.Container:
    return _step(container, ops.Mount(_at(container, path), source, "bind", read_only=read_only))


@_serves("Container", "withMountedFile")
def _with_mounted_file(_: Evaluator, container: ops.Container, *, path: str, source: ops.File) -> ops.Container:
    return _step(container, ops.Mount(_at(container, path), source, "bind"))


@_serves("Container", "withMountedSecret")
def _with_mounted_secret(
    _: Evaluator, container: ops.Container, *, path: str, source: ops.Secret, owner: str = "", mode: int = 0o400
) -> ops.Container:
    return _step(container, ops.Mount(_at(container, path), source, "secret", owner=owner, mode=mode))


@_serves("Container", "withMountedTemp")
def _with_mounted_temp(_: Evaluator, container: ops.Container, *, path: str, size: int | None = None) -> ops.Container:
    return _step(container, ops.Mount(_at(container, path), None, "tmpfs", size=size))


@_serves("Container", "withoutMount")
def _without_mount(_: Evaluator, container: ops.Container, *, path: str) -> ops.Container:
    return _step(container, ops.Mount(_at(container, path)))


# --- Container: the image configuration


def _setting(kind: str) -> Resolver:
    def resolver(_: Evaluator, container: ops.Container, *, name: str, value: str) -> ops.Container:
        return _step(container, ops.Setting(kind, name, value))  # type: ignore[arg-type]

    return resolver


def _unsetting(kind: str) -> Resolver:
    def resolver(_: Evaluator, container: ops.Container, *, name: str = "") -> ops.Container:
        return _step(container, ops.Setting(kind, name, None))  # type: ignore[arg-type]

    return resolver


for _field, _word in (("EnvVariable", "ENV"), ("VolatileVariable", "VOLATILE"), ("Label", "LABEL")):
    _serves("Container", f"with{_field}")(_setting(_word))
for _field, _word in (("VolatileVariable", "VOLATILE"), ("SecretVariable", "SECRET"), ("User", "USER"), ("Workdir", "WORKDIR")):
    _serves("Container", f"without{_field}")(_unsetting(_word))
_serves("Container", "withoutDockerHealthcheck")(_unsetting("HEALTHCHECK"))


@_serves("Container", "withSecretVariable")
def _with_secret_variable(_: Evaluator, container: ops.Container, *, name: str, secret: ops.Secret) -> ops.Container:
    return _step(container, ops.Setting("SECRET", name, secret=secret))


@_serves("Container", "withUser")
def _with_user(_: Evaluator, container: ops.Container, *, name: str) -> ops.Container:
    return _step(container, ops.Setting("USER", value=name))


@_serves("Container", "withWorkdir")
def _with_workdir(_: Evaluator, container: ops.Container, *, path: str) -> ops.Container:
    return _step(container, ops.Setting("WORKDIR", value=_at(container, path).rstrip("/") or "/"))


@_serves("Container", "withEntrypoint")
def _with_entrypoint(
    _: Evaluator, container: ops.Container, *, args: tuple[str, ...], keep_default_args: bool = False
) -> ops.Container:
    return _step(container, ops.Setting("ENTRYPOINT", "keep" if keep_default_args else "", args))


@_serves("Container", "withDefaultArgs")
def _with_default_args(_: Evaluator, container: ops.Container, *, args: tuple[str, ...]) -> ops.Container:
    return _step(container, ops.Setting("CMD", value=args))


@_serves("Container", "withoutEntrypoint")
def _without_entrypoint(_: Evaluator, container: ops.Container, *, keep_default_args: bool = False) -> ops.Container:
    return _step(container, ops.Setting("ENTRYPOINT", "keep" if keep_default_args else "", ()))


@_serves("Container", "withoutDefaultArgs")
def _without_default_args(_: Evaluator, container: ops.Container) -> ops.Container:
    return _step(container, ops.Setting("CMD", value=()))


@_serves("Container", "withExposedPort")
def _with_exposed_port(
    _: Evaluator,
    container: ops.Container,
    *,
    port: int,
    protocol: str = "TCP",
    description: str = "",
    experimental_skip_healthcheck: bool = False,
) -> ops.Container:
    del description, experimental_skip_healthcheck  # They concern services, which a plain BuildKit does not run.
    return _step(container, ops.Setting("EXPOSE", value=f"{port}/{protocol.lower()}"))


@_serves("Container", "withDockerHealthcheck")
def _with_healthcheck(
    _: Evaluator,
    container: ops.Container,
    *,
    args: tuple[str, ...],
    shell: bool = False,
    interval: str = "",
    timeout: str = "",
    start_period: str = "",
    start_interval: str = "",
    retries: int = 0,
) -> ops.Container:
    check = ops.Healthcheck(
        "HEALTHCHECK",
        value=args,
        shell=shell,
        interval=interval,
        timeout=timeout,
        start_period=start_period,
        start_interval=start_interval,
        retries=retries,
    )
    return _step(container, check)


# --- Container: values


@_serves("Container", "sync")
async def _sync(evaluator: Evaluator, node: ops.Container | ops.Directory | ops.File) -> Any:
    await evaluator.sync(node)
    return node


_serves("Directory", "sync")(_sync)
_serves("File", "sync")(_sync)


@_serves("Container", "platform")
def _platform(evaluator: Evaluator, container: ops.Container) -> str:
    return container.platform or evaluator.engine.platform


@_serves("Container", "imageRef")
async def _image_ref(evaluator: Evaluator, container: ops.Container) -> str:
    if not isinstance(container, ops.FromAddress):
        msg = "imageRef is known only right after from"
        raise InvalidOperation(msg)
    return await evaluator.resolve_address(container)


@_serves("Container", "rootfs")
def _rootfs(_: Evaluator, container: ops.Container) -> ops.Directory:
    return ops.ContainerDirectory(container, "/")


@_serves("Container", "directory")
def _container_directory(_: Evaluator, container: ops.Container, *, path: str) -> ops.Directory:
    absolute = _at(container, path).rstrip("/") or "/"
    taken = _taken(container, absolute)
    return taken if isinstance(taken, ops.Directory) else ops.ContainerDirectory(container, absolute)


@_serves("Container", "file")
def _container_file(_: Evaluator, container: ops.Container, *, path: str) -> Any:
    absolute = _at(container, path)
    taken = _taken(container, absolute)
    if isinstance(taken, ops.SubDirectory):
        return ops.FileIn(PurePosixPath(absolute).name, taken.parent, taken.path)
    return taken or ops.FileIn(PurePosixPath(absolute).name, ops.ContainerDirectory(container, "/"), absolute)


def _captured(container: ops.Container) -> ops.Container:
    """Return the container with its last command's streams kept in files: BuildKit tells no cached step's output again."""
    cursor, later = container, list[ops.ContainerStep]()
    while isinstance(cursor, ops.ContainerStep) and not isinstance(cursor.step, ops.Exec):
        later.append(cursor)
        cursor = cursor.parent
    if not (isinstance(cursor, ops.ContainerStep) and isinstance(cursor.step, ops.Exec)):
        msg = "no command has been run in this container: call withExec first"
        raise InvalidOperation(msg)
    return cursor.with_(step=replace(cursor.step, capture=True))  # type: ignore[no-any-return]


def _stream(name: str) -> Resolver:
    async def resolver(evaluator: Evaluator, container: ops.Container) -> str:
        captured = _captured(container)
        node = ops.FileIn(name, ops.ContainerDirectory(captured, "/"), f"{ops.CAPTURE_DIR}/{name}")
        return evaluator.hide((await evaluator.read(node)).decode(errors="replace"))

    return resolver


_serves("Container", "stdout")(_stream("stdout"))
_serves("Container", "stderr")(_stream("stderr"))


@_serves("Container", "exitCode")
async def _exit_code(evaluator: Evaluator, container: ops.Container) -> int:
    return int(await _stream("exit_code")(evaluator, container))


@_serves("Container", "export")
async def _export_container(
    evaluator: Evaluator, container: ops.Container, *, path: str, platform_variants: tuple[ops.Container, ...] = ()
) -> str:
    variants = (
        platform_variants if isinstance(container, ops.Scratch) and platform_variants else (container, *platform_variants)
    )
    target = Path(path).resolve()
    await evaluator.export_archive(variants, target)
    return str(target)


@_serves("Container", "asTarball")
def _as_tarball(_: Evaluator, container: ops.Container, *, platform_variants: tuple[ops.Container, ...] = ()) -> ops.File:
    variants = (
        platform_variants if isinstance(container, ops.Scratch) and platform_variants else (container, *platform_variants)
    )
    return ops.Archive("image.tar", variants)


# --- Directory


@_serves("Directory", "directory")
def _sub_directory(_: Evaluator, directory: ops.Directory, *, path: str) -> ops.Directory:
    inside = ops.absolute(path)
    if inside == "/":
        return directory
    if isinstance(directory, ops.HostDirectory) and not directory.filters:
        return ops.HostDirectory(directory.path.rstrip("/") + inside)
    return ops.SubDirectory(directory, inside)


@_serves("Directory", "file")
def _directory_file(_: Evaluator, directory: ops.Directory, *, path: str) -> ops.File:
    inside = ops.absolute(path)
    return ops.FileIn(PurePosixPath(inside).name, directory, inside)


@_serves("Directory", "filter")
def _filter(
    _: Evaluator, directory: ops.Directory, *, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()
) -> ops.Directory:
    if isinstance(directory, ops.HostDirectory):
        return replace(directory, filters=(*directory.filters, (include, exclude)))
    return ops.DirectoryEdit(ops.EmptyDirectory(), ops.CopyDirectory("/", directory, include, exclude))


@_serves("Directory", "withNewDirectory")
def _with_new_directory(_: Evaluator, directory: ops.Directory, *, path: str, permissions: int = 0o644) -> ops.Directory:
    return ops.DirectoryEdit(directory, ops.MakeDirectory(ops.absolute(path), permissions & _PERMISSIONS))


@_serves("Directory", "withTimestamps")
def _with_timestamps(_: Evaluator, directory: ops.Directory, *, timestamp: int) -> ops.Directory:
    return ops.DirectoryEdit(directory, ops.SetTimestamps(timestamp))


@_serves("Directory", "chown")
def _chown(_: Evaluator, directory: ops.Directory, *, path: str, owner: str) -> ops.Directory:
    return ops.DirectoryEdit(directory, ops.ChangeOwner(ops.absolute(path), owner))


@_serves("Directory", "export")
async def _export_directory(evaluator: Evaluator, directory: ops.Directory, *, path: str, wipe: bool = False) -> str:
    target = Path(path).resolve()
    await evaluator.export_directory(directory, target, wipe=wipe)
    return str(target)


@_serves("Directory", "entries")
async def _entries(evaluator: Evaluator, directory: ops.Directory, *, path: str = "/") -> list[str]:
    inside = ops.absolute(path)
    async with _tree(evaluator, directory) as root:
        folder = Path(root, inside.lstrip("/"))
        if not folder.is_dir():
            msg = f"the directory has no folder {path!r}"
            raise InvalidOperation(msg)
        return sorted(f"{item.name}/" if item.is_dir() and not item.is_symlink() else item.name for item in folder.iterdir())


@_serves("Directory", "glob")
async def _glob(evaluator: Evaluator, directory: ops.Directory, *, pattern: str) -> list[str]:
    matches = patterns.exactly(pattern)
    async with _tree(evaluator, directory) as root:
        found = contexts.scan(ops.HostDirectory(str(root)))
        names = (f"{entry.path}/" if entry.kind == "folder" else entry.path for entry in found)
        return [name for name in names if matches(name.rstrip("/"))]


@_serves("Directory", "digest")
async def _directory_digest(evaluator: Evaluator, directory: ops.Directory) -> str:
    if isinstance(directory, ops.HostDirectory):
        # A copy is kept under its digest.
        return f"sha256:{(await evaluator.context(directory)).name}"
    async with _tree(evaluator, directory) as root:
        return f"sha256:{contexts.digest(contexts.scan(ops.HostDirectory(str(root))))}"


@_serves("Directory", "exists")
async def _exists(
    evaluator: Evaluator,
    directory: ops.Directory,
    *,
    path: str,
    expected_type: str = "",
    do_not_follow_symlinks: bool = False,
) -> bool:
    inside = ops.absolute(path)
    follow = not (do_not_follow_symlinks or expected_type == "SYMLINK_TYPE")
    async with _tree(evaluator, directory) as root:
        found = trees.lookup(root, inside, follow=follow)
        return found is not None and (not expected_type or f"{trees.file_type(found.lstat())}_TYPE" == expected_type)


@_serves("Directory", "stat")
async def _directory_stat(
    evaluator: Evaluator, directory: ops.Directory, *, path: str, do_not_follow_symlinks: bool = False
) -> Stat:
    inside = ops.absolute(path)
    async with _tree(evaluator, directory) as root:
        found = trees.lookup(root, inside, follow=not do_not_follow_symlinks)
        if found is None:
            msg = f"there is no file {path!r}"
            raise InvalidOperation(msg)
        info = found.lstat()
        return Stat(found.name, trees.file_type(info), stat_module.S_IMODE(info.st_mode), info.st_size)


def _tree(evaluator: Evaluator, directory: ops.Directory) -> Any:
    return evaluator.exported(directory)


for _name in ("name", "permissions", "size"):
    _serves("Stat", _name)(lambda _, stat, _name=_name: getattr(stat, _name))
_serves("Stat", "fileType")(lambda _, stat: stat.file_type)


# --- File


@_serves("File", "name")
def _file_name(_: Evaluator, file: ops.File) -> str:
    return file.name


@_serves("File", "withName")
def _with_name(_: Evaluator, file: ops.File, *, name: str) -> ops.File:
    edit = ops.DirectoryEdit(ops.EmptyDirectory(), ops.CopyFile(ops.absolute(name), file))
    return ops.FileIn(name, edit, ops.absolute(name))


@_serves("File", "withTimestamps")
def _file_with_timestamps(_: Evaluator, file: ops.File, *, timestamp: int) -> ops.File:
    path = f"/{file.name}"
    copy = ops.DirectoryEdit(ops.EmptyDirectory(), ops.CopyFile(path, file))
    return ops.FileIn(file.name, ops.DirectoryEdit(copy, ops.SetTimestamps(timestamp)), path)


@_serves("File", "contents")
async def _contents(evaluator: Evaluator, file: ops.File, *, offset_lines: int = 0, limit_lines: int | None = None) -> str:
    text = (await evaluator.read(file)).decode(errors="replace")
    if not offset_lines and limit_lines is None:
        return text
    lines = text.splitlines(keepends=True)[offset_lines:]
    return "".join(lines[:limit_lines])


@_serves("File", "size")
async def _size(evaluator: Evaluator, file: ops.File) -> int:
    return len(await evaluator.read(file))


@_serves("File", "export")
async def _export_file(evaluator: Evaluator, file: ops.File, *, path: str, allow_parent_dir_path: bool = False) -> str:
    target = Path(path).resolve()
    if allow_parent_dir_path and target.is_dir():
        target /= file.name
    if isinstance(file, ops.Archive):
        await evaluator.export_archive(file.variants, target)
    else:
        await evaluator.export_file(file, target)
    return str(target)


def served(kind: str, field: str) -> Resolver | None:
    """Return what serves a field, None if it needs a Dagger Engine."""
    return FIELDS.get(kind, {}).get(field)


def kind_of(value: object) -> str:
    """Return the name of a value's type in the API."""
    for kind, types in _KINDS.items():
        if isinstance(value, types):
            return kind
    msg = f"{value!r} is no value of the API"
    raise TypeError(msg)


_KINDS: Mapping[str, type[Any]] = {
    "Container": ops.Container,
    "Directory": ops.Directory,
    "File": ops.File,
    "CacheVolume": ops.CacheVolume,
    "Secret": ops.Secret,
    "Host": HostRoot,
    "Stat": Stat,
}
