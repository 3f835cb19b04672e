"""Single Dockerfile instructions: how values are written so that nothing is expanded, split or run by mistake."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence

from daglet import operations as ops
from daglet.errors import InvalidOperation, Unsupported

BUSYBOX = "/.shim/busybox"
SHIM_MOUNT = "type=bind,from=shim,target=/.shim"

_PLAIN_PATH = re.compile(r"[A-Za-z0-9@%+=:,./_~*?-]*\Z")
_PLAIN_WORD = re.compile(r"[A-Za-z0-9@%+=:,./_-]+\Z")
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
_HEREDOC_LIMIT = 1 << 20


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
    """Return a value that stands as one bare word, such as a user or an owner."""
    if not _PLAIN_WORD.match(value):
        msg = f"{value!r} is not a plain name"
        raise InvalidOperation(msg)
    return value


def path(value: str) -> str:
    """Return a path that COPY takes literally (`*` and `?` are patterns, as in the Dagger API's own)."""
    if not _PLAIN_PATH.match(value):
        msg = f"the path {value!r} has a character that COPY would not take literally"
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


def setting(step: ops.Setting, *, has_command: bool) -> Iterator[str]:
    """Yield the instructions for one entry of the image configuration."""
    match step.kind, step.value:
        case (("VOLATILE" | "SECRET"), _):
            return
        case (("ENV" | "LABEL"), str(value)):
            name = step.name if _ENV_NAME.match(step.name) else quoted(step.name)
            yield f"{step.kind} {name}={quoted(value)}"
        case "WORKDIR", str(value):
            yield f"WORKDIR {path(value)}"
        case "USER", str(value):
            yield f"USER {word(value)}"
        case "EXPOSE", str(value):
            yield f"EXPOSE {word(value)}"
        case "ENTRYPOINT", tuple(args):
            yield f"ENTRYPOINT {exec_form(args)}"
            if has_command and not step.name:
                yield "CMD []"
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
        case kind, _:
            what = f"taking away {kind} {step.name}".rstrip()
            raise Unsupported(what)


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
    command = " ".join(args) if step.shell else exec_form(args)
    return " ".join(["HEALTHCHECK", *flags, "CMD", command])


def capture_script(step: ops.Exec) -> str:
    """Return the shell script that runs a command with its streams redirected, "" where none is needed."""
    if step.stdin:
        what = "withExec(stdin:)"
        raise Unsupported(what)
    if not (step.capture or step.redirect_stdin or step.redirect_stdout or step.redirect_stderr or step.expect != "SUCCESS"):
        return ""
    folder = ops.CAPTURE_DIR
    streams = f">{_shell(step.redirect_stdout or f'{folder}/stdout')} 2>{_shell(step.redirect_stderr or f'{folder}/stderr')}"
    if step.redirect_stdin:
        streams += f" <{_shell(step.redirect_stdin)}"
    lines = [f'"$@" {streams}', "code=$?", f"echo $code >{folder}/exit_code"]
    if not step.redirect_stdout:
        lines.append(f"{BUSYBOX} cat {folder}/stdout")
    if not step.redirect_stderr:
        lines.append(f"{BUSYBOX} cat {folder}/stderr >&2")
    lines.append({"SUCCESS": "exit $code", "ANY": "exit 0", "FAILURE": "[ $code -ne 0 ]"}[step.expect])
    return "; ".join(lines)


def _shell(value: str) -> str:
    return "'" + value.replace("'", "'\\''") + "'"


def shim_command(edit: ops.Edit, root: str) -> tuple[str, ...]:
    """Return the busybox command that makes a change to the tree at `root`."""
    match edit:
        case ops.SetTimestamps(timestamp=timestamp):
            return (BUSYBOX, "find", root, "-exec", BUSYBOX, "touch", "-h", "-d", f"@{timestamp}", "{}", "+")
        case ops.MakeSymlink(target=target, path=link):
            script = f'{BUSYBOX} mkdir -p "$1" && {BUSYBOX} ln -s "$2" "$3"'
            parent = (root + link).rpartition("/")[0] or "/"
            return (BUSYBOX, "sh", "-c", script, "--", parent, target, root + link)
        case ops.Remove(paths=paths):
            return (BUSYBOX, "rm", "-rf", *(root + item for item in paths))
        case ops.MakeDirectory(path=folder, permissions=permissions):
            return (BUSYBOX, "mkdir", "-p", "-m", f"{permissions:04o}", root + folder)
        case ops.ChangeOwner(path=item, owner=owner):
            return (BUSYBOX, "chown", "-R", word(owner), root + item)
    msg = f"unknown change {edit!r}"
    raise TypeError(msg)


def fits_heredoc(contents: str) -> bool:
    """Return whether a heredoc gives back exactly these contents."""
    return (
        contents.endswith("\n")
        and len(contents) <= _HEREDOC_LIMIT
        and not any(char < " " and char not in "\n\t" for char in contents)
    )


def heredoc(instruction: str, contents: str, target: str) -> str:
    """Return an instruction with contents in a heredoc whose end word does not occur in them."""
    lines = set(contents.split("\n"))
    end, number = "EOF", 1
    while end in lines:
        number += 1
        end = f"EOF{number}"
    return f'{instruction} <<"{end}" {target}\n{contents}{end}'
