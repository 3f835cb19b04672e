"""The files that a service's programs read when they run, as their literals tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import dropwhile, islice, takewhile
from pathlib import Path

from pipeline.detect.embeds import patterns
from pipeline.detect.found import Found
from pipeline.detect.programs import Program
from pipeline.detect.syntax import Literal, literals, text

_USUAL = ("assets", "emails", "i18n", "locales", "migrations", "proto", "protos", "public", "static", "templates", "views")
"""Folders of what programs read when they run, by their usual names."""

_READS = re.compile(
    r"(?:^|\.)(?:addconfigpath|createReadStream|dir|dirfs|file|glob|loadhtml\w*|open|parse(?:files|glob)|readdir\w*|readfile\w*"
    r"|sendfile|servefile|setconfigfile|static|staticfile)\Z",
    re.IGNORECASE,
)
_PLACE = re.compile(r"[\"'`](?:[a-z]+[-_.])*(?:conf|config|dir|directory|file|folder|path|root)[\"'`]", re.IGNORECASE)
_OPTION = re.compile(r"(?:dir|directory|file|filename|folder)[\"']?\Z", re.IGNORECASE)
"""Names of options whose values are files and folders (`migrationsFolder`)."""
_OF_PROGRAM = re.compile(r"\b__dirname\b|\bimport\.meta\.(?:dirname|url)\b")
"""The place of the program itself: below the service's folder, and in another one when it is built."""
_UPWARD = re.compile(r"\A(?:\.{1,2}/)+")
_JOIN = re.compile(r"(?:^|\.)join\Z", re.IGNORECASE)
_WORDS = (
    *(b"read", b"open(", b"parse", b"load", b"file", b"dir", b"path", b"folder", b"root", b"conf", b"static(", b"glob("),
    b"import.meta.url",
)
"""What a program holds, in small letters, that reads a file or has an option for a place."""
_NOT_FOR_IMAGES = {"dist", "node_modules", "package.json"}
_NAME_MAX = 85
"""Characters that the name of any file may have: 255 bytes, at most three a character."""
_PATH_MAX = 1000
"""Characters that the path of any file may have below a folder: systems take 4096 bytes for all of it."""
_MOST = 16
"""Arguments beyond which a call is data, and folders beyond which a path is: each of many would be compared with all."""
_NO_PATH = set("*?[\0\n")
_PATTERN = re.compile(r"(?:^|/)[^/]*[*?\[].*", re.DOTALL)
"""What of a path stands for several files, with its slash."""
_GENERATED = re.compile(rb"^// Code generated .* DO NOT EDIT\.$", re.MULTILINE)


def files(folder: Path, read: Sequence[Program]) -> Found[tuple[str, ...]]:
    """Return what a service's programs name and is not compiled in: templates, static files, migrations, a catalogue."""
    written = [file for file in read if not _GENERATED.search(file.content[:2000])]
    embedded = {pattern.partition("/")[0] for file in read for pattern, _ in patterns(file)}
    found: dict[str, tuple[str, int]] = {}
    for file in written:
        for item, name in _named(folder, file):
            if name.partition("/")[0] not in embedded and not _imported(item):
                found.setdefault(name, (file.name, item.line))
    if not found:
        return Found("files", (), why="no program names any")
    file_name, number = next(iter(found.values()))
    whole = sorted(name for name in found if not any(parent.as_posix() in found for parent in Path(name).parents))
    return Found("files", tuple(whole), file_name, number, "named there")


def _named(folder: Path, file: Program) -> Iterator[tuple[Literal, str]]:
    """Yield the literals that name a folder by its usual name, or a file or folder that is then read."""
    usual = [name for name in _USUAL if name.encode() in file.content]
    there = [name for name in usual if (folder / name).is_dir()]
    content = file.content.lower()
    reads = any(word in content for word in _WORDS)
    if not (usual or reads) or not (root := file.tree()):
        return
    for item in literals(root):
        parts = Path(item.value).parts
        yield from ((item, name) for name in there if name in parts)
        yield from ((item, name) for name in _deeper(_joined(item), usual) if _is_inside(folder, name))
        name = _relative(item)
        if (_is_read(item) or _is_default(item) or _is_option(item) or _is_of_program(item)) and _is_inside(folder, name):
            yield item, name


def _relative(item: Literal) -> str:
    """Return the path that a literal names; behind a folder that it is put after, its slash begins none of the system's.

    Of a pattern it is the folder in which all that fits is.
    """
    parent = next(item.nearest(), None)
    behind = parent and parent.type == "binary_expression" and parent.child_by_field_name("right") == item.node
    path = _PATTERN.sub("", item.value.removeprefix("/" if behind else "./").rstrip("/"))
    return _UPWARD.sub("", path) if _is_of_program(item) else path


def _is_of_program(item: Literal) -> bool:
    """Whether a literal is put behind the place of the program: `path.join(__dirname, "../a")`, `new URL("../a", import.meta.url)`."""
    parent = next(item.nearest(), None)
    if not parent or parent.type not in {"arguments", "binary_expression"}:
        return False
    first = (parent.named_child(number) for number in range(min(2, parent.named_child_count)))
    return any(node and node.end_byte - node.start_byte < _NAME_MAX and _OF_PROGRAM.search(text(node)) for node in first)


def _is_option(item: Literal) -> bool:
    """Whether a literal is the value of an option for a file or folder: `{ migrationsFolder: "./drizzle" }`."""
    parent = next(item.nearest(), None)
    is_value = parent and parent.type == "pair" and parent.child_by_field_name("value") == item.node
    return bool(parent and is_value and _OPTION.search(text(parent.child_by_field_name("key"))))


def _joined(item: Literal) -> str:
    """Return the path that a literal names, with those that are joined to it: `Join(root, "db", "migrations")`."""
    path = _relative(item).removeprefix("file://")
    match list(islice(item.nearest(), 2)):
        case [arguments, call] if (
            call.type == "call_expression"
            and arguments.named_child_count <= _MOST
            and _JOIN.search(text(call.child_by_field_name("function")))
        ):
            behind = dropwhile(lambda node: node != item.node, arguments.named_children)
            following = takewhile(
                lambda node: node.type.endswith("string_literal") or node.type == "string", islice(behind, 1, None)
            )
            return "/".join((path, *(text(node)[1:-1] for node in following)))
        case _:
            return path


def _deeper(path: str, usual: Sequence[str]) -> Iterator[str]:
    """Yield the folders of usual names that a path leads to below others: `db/migrations`."""
    parts = path.split("/", _MOST)[:_MOST]
    yield from ("/".join(parts[: at + 1]) for at, part in enumerate(parts) if at and part in usual)


def _is_read(item: Literal) -> bool:
    """Whether a literal is an argument of what reads a file, by itself or joined to a folder."""
    within = {"arguments", "argument_list", "call_expression", "binary_expression"}
    calls = (node for node in takewhile(lambda node: node.type in within, item.nearest()) if node.type == "call_expression")
    return any(_READS.search(text(call.child_by_field_name("function"))) for call in calls)


def _is_default(item: Literal) -> bool:
    """Whether a literal is the default of an option that names a file or folder."""
    match list(islice(item.nearest(), 2)):
        case [arguments, call] if (
            arguments.type in {"arguments", "argument_list"}
            and call.type == "call_expression"
            and arguments.named_child_count <= _MOST
        ):
            pass
        case _:
            return False
    function = text(call.child_by_field_name("function"))
    if function.lower().endswith(".default"):
        return bool(_PLACE.search(function))
    before = takewhile(lambda node: node != item.node, (call.child_by_field_name("arguments") or call).named_children)
    return any(_PLACE.fullmatch(text(node)) for node in before)


def _is_inside(folder: Path, name: str) -> bool:
    """Whether a name is that of something below a folder that an image may have: no setting, nothing that a build makes."""
    parts = Path(name).parts
    if (
        not parts
        or len(name) > _PATH_MAX
        or _NO_PATH.intersection(name)
        or any(part.startswith(".") or len(part) > _NAME_MAX for part in parts)
    ):
        return False
    return parts[0] not in {"/", *_NOT_FOR_IMAGES} and (folder / name).exists()


def _imported(item: Literal) -> bool:
    """Whether a literal is the address of a module."""
    parent = next(item.nearest(), None)
    return bool(parent and parent.type in {"import_statement", "export_statement", "import_spec"})
