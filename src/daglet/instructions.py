"""Single Dockerfile instructions: how values are written so that nothing is expanded, split or run by mistake."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence

from daglet import operations as ops
from daglet.errors import InvalidOperation, Unsupported

BUSYBOX = "/.shim/busybox"
ORIGINALS = "/.original"
SHIM_MOUNT = "type=bind,from=shim,target=/.shim"

_PLAIN_PATH = re.compile(r"[A-Za-z0-9@%+=:,./_~*?-]*\Z")
_PATTERN = re.compile(r"[A-Za-z0-9@%+=:,./_~*?!^\[\]\w-]*\Z")
_NOT_LITERAL = re.compile(r"[\x00-\x1f\x7f$\\\[\]]")
_PLAIN_WORD = re.compile(r"(?!-)[A-Za-z0-9@%+=:,./_-]+\Z")
_ADDRESS = re.compile(r"(?!-)[A-Za-z0-9@:./_\[\]-]+\Z")
_VARIABLE = re.compile(r"[^\s,=\"'\\$\x00-\x1f\x7f]+\Z")
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
_HEREDOC_LIMIT = 1 << 20
_LINE_LIMIT = 65_535
"""How many bytes BuildKit's frontend reads of a line."""


def quoted(value: str) -> str:
    r"""Return a value in double quotes, with `$`, `"` and `\` taken literally.

    Raises
    ------
    InvalidOperation
        If the value has a line break or another control character: a Dockerfile cannot hold one in an argument.
    """
    if any(ord(char) < ord(" ") or char == "\x7f" for char in value):
        msg = f"the value {value!r} has a control character, which an image configuration made by BuildKit cannot hold"
        raise InvalidOperation(msg)
    return '"' + re.sub(r'(["\\$])', r"\\\1", value) + '"'


def word(value: str) -> str:
    """Return a value that stands as one bare word, such as a user or an owner, and is no flag."""
    if not _PLAIN_WORD.match(value):
        msg = f"{value!r} is not a plain name"
        raise InvalidOperation(msg)
    return value


def address(value: str) -> str:
    """Return the address of an image as FROM takes it: with a tag, or it might be the name of a stage or a build context."""
    if not _ADDRESS.match(value):
        msg = f"{value!r} is no address of an image"
        raise InvalidOperation(msg)
    return value if set(value) & set("/:@") else f"{value}:latest"


def variable(name: str) -> str:
    """Return the name of a variable as the value of a mount's option."""
    if not _VARIABLE.match(name):
        msg = f"{name!r} is no name of a variable"
        raise InvalidOperation(msg)
    return name


def path(value: str) -> str:
    """Return a path that stands as one bare word and is taken literally."""
    if not is_plain(value):
        msg = f"the path {value!r} has a character that a Dockerfile would not take literally"
        raise InvalidOperation(msg)
    return value


def is_plain(value: str) -> bool:
    """Return whether a path can stand as one bare word."""
    return bool(_PLAIN_PATH.match(value))


def paths(source: str, target: str) -> str:
    """Return the two paths of a COPY, taken literally but for `*` and `?` in the source."""
    for value in (source, target):
        if _NOT_LITERAL.search(value):
            msg = f"the path {value!r} has a character that COPY would not take literally"
            raise InvalidOperation(msg)
    return f"{source} {target}" if is_plain(source) and is_plain(target) else json.dumps([source, target], ensure_ascii=False)


def pattern(value: str) -> str:
    """Return a pattern of files that a copy leaves out."""
    if not _PATTERN.match(value):
        msg = f"the pattern {value!r} has a character that COPY would not take literally"
        raise InvalidOperation(msg)
    return value


def mount_value(value: str) -> str:
    """Return a path as the value of a mount's option, which may not hold a comma."""
    if "," in value or not _PLAIN_PATH.match(value):
        msg = f"the path {value!r} has a character that a mount cannot hold"
        raise InvalidOperation(msg)
    return value


def cache_id(key: str) -> str:
    """Return a cache volume's key as a mount's id; a key with odd characters is replaced by its hash."""
    return key if _PLAIN_WORD.match(key) and "," not in key else hashlib.sha256(key.encode()).hexdigest()


def owner_flags(owner: str) -> str:
    """Return the options of a mount that belongs to a numeric `uid[:gid]`."""
    if not owner:
        return ""
    uid, _, gid = owner.partition(":")
    if not (uid.isdecimal() and (not gid or gid.isdecimal())):
        what = f"a mount owned by {owner!r} (write the owner as numbers, UID:GID)"
        raise Unsupported(what)
    return f",uid={uid},gid={gid or uid}"


def exec_form(args: Sequence[str]) -> str:
    """Return a command in exec form: JSON, of which the frontend expands nothing."""
    if any("\x00" in arg for arg in args):
        msg = "an argument of a command holds a NUL character"
        raise InvalidOperation(msg)
    return json.dumps(list(args), ensure_ascii=False)


def run(mounts: Sequence[str], args: Sequence[str]) -> str:
    """Return a RUN instruction, a mount a line."""
    flags = "".join(f"--mount={mount} \\\n    " for mount in mounts)
    return f"RUN {flags}{exec_form(args)}"


def setting(step: ops.Setting, command: Sequence[str] | None) -> Iterator[str]:
    """Yield the instructions for one entry of the image configuration. What no image holds (VOLATILE, SECRET) has none.

    Parameters
    ----------
    command:
        The default arguments before, None for those of the base, whatever they are.
    """
    match step.kind, step.value:
        case (("ENV" | "LABEL" | "EXPOSE"), None):
            yield f"# {step.kind} {json.dumps(step.name)} is taken away once the image is there."
        case (("ENV" | "LABEL"), str(value)):
            name = step.name if _ENV_NAME.match(step.name) else quoted(step.name)
            yield f"{step.kind} {name}={quoted(value)}"
        case "WORKDIR", str(value):
            yield f"WORKDIR {path(value)}"
        case "USER", str(value):
            yield f"USER {word(value)}"
        case "EXPOSE", str(value):
            yield f"EXPOSE {word(value)}"
        case "ENTRYPOINT", tuple(args) if step.name == "keep" and command is None:
            # The instruction would take away a CMD that is not of the same stage, and this one cannot be written again.
            yield f"# ENTRYPOINT {exec_form(args)} is set once the image is there, with the base's CMD."
        case "ENTRYPOINT", tuple(args):
            yield f"ENTRYPOINT {exec_form(args)}"
            if command:
                yield f"CMD {exec_form(command if step.name == 'keep' else ())}"
        case "CMD", tuple(args):
            yield f"CMD {exec_form(args)}"
        case "HEALTHCHECK", tuple() if isinstance(step, ops.Healthcheck):
            yield _healthcheck(step)
        case "HEALTHCHECK", None:
            yield "HEALTHCHECK NONE"
        case "USER", None:
            yield "USER 0"
        case "WORKDIR", None:
            yield "WORKDIR /"


def _healthcheck(step: ops.Healthcheck) -> str:
    flags = [
        f"--{name}={word(value)}"
        for name, value in (
            ("interval", step.interval),
            ("timeout", step.timeout),
            ("start-period", step.start_period),
            ("start-interval", step.start_interval),
            ("retries", str(step.retries or "")),
        )
        if value
    ]
    args = step.value if isinstance(step.value, tuple) else ()
    command = _line(" ".join(args)) if step.shell else exec_form(args)
    return " ".join(["HEALTHCHECK", *flags, "CMD", command])


def _line(command: str) -> str:
    """Return a shell's command that goes to the end of its line and no further."""
    if any(char < " " and char != "\t" for char in command) or command.rstrip().endswith("\\"):
        msg = f"{command!r} cannot be the command of a health check: it does not end where its line does"
        raise InvalidOperation(msg)
    return command


_PROGRAM = """\
run() {
  case $1 in
    */*) program=$1 ;;
    *) program=$({busybox} which -- "$1") || { echo "exec: \\"$1\\": executable file not found in \\$PATH" >&2; exit 127; } ;;
  esac
  shift
  set -- "$program" "$@"
  while IFS= read -r -d '' variable; do set -- "$variable" "$@"; done </proc/$$/environ
  exec {busybox} env -i "$@"
}
"""
"""How a script of ours becomes the caller's program: it is looked for where the runtime does, as busybox takes a name for one of
its own programs first, and it gets the variables that we got, as a shell keeps some from it and adds others."""


def command(step: ops.Exec, unset: Sequence[str]) -> tuple[str, ...]:
    """Return what BuildKit runs for a command: itself, where it needs no help of busybox.

    Parameters
    ----------
    unset:
        Variables of the image that the command does not see.
    """
    if step.stdin:
        what = "withExec(stdin:)"
        raise Unsupported(what)
    args = step.args
    if script := _script_around(step) or ('run "$@"' if unset and "/" not in args[0] else ""):
        args = _script(_PROGRAM + script, *args)
    return (BUSYBOX, "env", *(part for name in unset for part in ("-u", name)), *args) if unset else args


def _script_around(step: ops.Exec) -> str:
    """Return the script that redirects a command's streams and takes its exit code, "" where there is neither to do."""
    folder = ops.CAPTURE_DIR
    files = {name: _shell(path) for name, path in (("stdout", step.redirect_stdout), ("stderr", step.redirect_stderr)) if path}
    source = f" <{_shell(step.redirect_stdin)}" if step.redirect_stdin else ""
    streams = "".join(f" {number}>{files[name]}" for number, name in ((1, "stdout"), (2, "stderr")) if name in files)
    if not step.capture and step.expect == "SUCCESS":
        return f'run "$@"{streams}{source}' if streams or source else ""
    if step.capture:
        lines = [f'(run "$@") >{folder}/stdout 2>{folder}/stderr{source}', "code=$?", f"echo $code >{folder}/exit_code"]
        lines += [
            f"{BUSYBOX} cat {folder}/{name} >{files.get(name, default)}"
            for name, default in (("stdout", "&1"), ("stderr", "&2"))
        ]
    else:
        lines = [f'(run "$@"){streams}{source}', "code=$?"]
    if step.expect != "SUCCESS":
        # The API has these fail, whatever is expected.
        lines.append("if [ $code -ge 128 ] && [ $code -le 191 ]; then exit $code; fi")
    lines.append({"SUCCESS": "exit $code", "ANY": "exit 0", "FAILURE": "[ $code -ne 0 ]"}[step.expect])
    return "; ".join(lines)


def _shell(value: str) -> str:
    return "'" + value.replace("'", "'\\''") + "'"


_MAKE_FOLDERS = """\
mode=$1 made= IFS=/
for part in $2; do
  made=$made/$part
  [ -d "$made" ] || {busybox} mkdir -m "$mode" "$made" || exit
done"""

_REMOVE = "IFS=; for path; do {busybox} rm -rf -- $path; done"

_AS_ORIGINALS = """\
number=0
while [ "${1:---}" != -- ]; do
  number=$((number + 1)) folder=${1#*:}
  [ "${1%%:*}" = mode ] || {busybox} chown "$({busybox} stat -c %u:%g /.original/$number)" "$folder"
  {busybox} chmod "$({busybox} stat -c %a /.original/$number)" "$folder"
  shift
done
shift
[ $# = 0 ] || exec "$@\""""

_KEEP_LINKS = """\
{busybox} find "$1" -type f -links +1 -exec {busybox} sh -ec '
{busybox} mkdir -p /.links
for path; do
  first=/.links/$({busybox} stat -c %d-%i "$path")
  if [ -e "$first" ]; then {busybox} ln -f "$first" "$path"; else {busybox} ln "$path" "$first"; fi
done' -- {} + || exit
shift
exec "$@\""""
"""A change that reaches files of a layer below copies each of them up, by each of its names: hard links are made anew before.
They stand beside the tree meanwhile, where nothing is taken from."""

_KNOWN = """\
while [ $# -gt 0 ]; do
  {busybox} grep -q "^$1:" "/etc/$2" || { echo "/etc/$2 knows no $1" >&2; exit 1; }
  shift 2
done"""

_LINK = '{busybox} mkdir -p "$1" && {busybox} ln -s "$2" "$3"'


def shim_command(edit: ops.Edit | None, root: str, copies: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the busybox command that makes a change to the tree at `root`.

    Parameters
    ----------
    copies:
        Folders that are given the mode (`mode:FOLDER`), or the owner and the mode (`owner:FOLDER`), of the originals mounted
        below `ORIGINALS` by number, before anything else.
    """
    command = _change(edit, root) if edit else ()
    return _script(_AS_ORIGINALS, *copies, "--", *command) if copies else command


def _change(edit: ops.Edit, root: str) -> tuple[str, ...]:
    match edit:
        case ops.SetTimestamps(timestamp=timestamp):
            touch = (BUSYBOX, "find", root, "-exec", BUSYBOX, "touch", "-h", "-d", f"@{timestamp}", "{}", "+")
            return _script(_KEEP_LINKS, root, *touch)
        case ops.MakeSymlink(target=target, path=link):
            return _script(_LINK, (root + link).rpartition("/")[0] or "/", target, root + link)
        case ops.Remove(paths=paths):
            return _script(_REMOVE, *(root + item for item in paths))
        case ops.MakeDirectory(path=folder, permissions=permissions):
            return _script(_MAKE_FOLDERS, f"{permissions:04o}", (root + folder).strip("/"))
        case ops.ChangeOwner(path=item, owner=owner):
            uid, _, gid = owner.partition(":")
            group = gid or (uid if uid.isdecimal() else "")
            chown = (BUSYBOX, "chown", "-R", word(f"{uid}:{group}" if group else uid), root + item)
            return _script(_KEEP_LINKS, root + item, *chown)
    msg = f"unknown change {edit!r}"
    raise TypeError(msg)


def known(owner: str) -> tuple[str, ...]:
    """Return the busybox command that fails unless the names of a user and a group are those of the image."""
    user, _, group = owner.partition(":")
    names = [(user, "passwd"), (group or "0", "group")]
    return _script(_KNOWN, *(word(part) for name, file in names if not name.isdecimal() for part in (name, file)))


def _script(text: str, *args: str) -> tuple[str, ...]:
    return (BUSYBOX, "sh", "-c", text.replace("{busybox}", BUSYBOX), "--", *args)


def fits_heredoc(contents: str) -> bool:
    """Return whether a heredoc gives back exactly these contents."""
    return (
        contents.endswith("\n")
        and len(contents) <= _HEREDOC_LIMIT
        and not any(char < " " and char not in "\n\t" for char in contents)
        and all(len(line.encode()) <= _LINE_LIMIT for line in contents.split("\n"))
    )


def heredoc(instruction: str, contents: str, target: str) -> str:
    """Return an instruction with contents in a heredoc whose end word does not occur in them."""
    lines = set(contents.split("\n"))
    end, number = "EOF", 1
    while end in lines:
        number += 1
        end = f"EOF{number}"
    return f'{instruction} <<"{end}" {target}\n{contents}{end}'
