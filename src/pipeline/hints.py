"""The way out of what a command says when it fails, where a key of pipeline.toml is it."""

from __future__ import annotations

import re
from collections.abc import Sequence

_GIT = re.compile(r'exec: "git": executable file not found')
_GIT_HINT = "modules that no proxy has are fetched by git: name it in `build.packages`"

# Of a module that it may not see a proxy knows as little as of one that does not exist.
_MODULE = re.compile(
    r"\breading https?://\S+/(?:@v|@latest|lookup)\S*: 4\d\d "
    r"|\bcould not read (?:Username|Password) for|\bHost key verification failed|\bPermission denied \(publickey"
)
_MODULE_HINT = (
    "if the module is private, name it in `go.private`, so that no public proxy or checksum database is asked about it, "
    "and give its host's login as `.netrc` in `build.secrets`"
)

# npm, pnpm, yarn classic, berry. A package that is not found is private only if it has a scope: others anybody may have.
_PACKAGE = re.compile(
    r"\bnpm (?:error|ERR!) code E40[13]\b"
    r"|\bERR_PNPM_FETCH_40[13]\b"
    r"|: Request failed \"40[13] "
    r"|\bYN0041: |\bYN0035: .*Response Code: 403\b"
    r"|\b404 Not Found - GET https?://\S+/@|\bhttps?://\S+/@\S+: .*\b404\b|\bYN0035: \W*@\S+: Package not found"
)
_PACKAGE_HINT = (
    "if the package is private, give what npm is to know of its registry as `.npmrc` in `build.secrets`, or there the token "
    "by the variable that the repository's own settings name"
)

_LOW_PORT = re.compile(r"(?:listen|bind).*:\d+\b.*permission denied|listen EACCES.*:\d+\b", re.IGNORECASE)
_LOW_PORT_HINT = (
    "a port below 1024 is root's alone on some machines, this one among them: let it listen on a higher one by its variable "
    "in `env` or a flag in `runtime.start`, and name that as `port`"
)

_WRITES = re.compile(
    r"\b(?:chmod|create|listen unix|mkdir|open|remove|rename) \S.*: (?:permission denied|read-only file system)"
    r"|\bmkdir \S.*: no such file or directory"
    r"|\b(?:EACCES|EROFS): .*, (?:copyfile|mkdir|mkdtemp|open|rename|rm|unlink)\b|\bENOENT: .*, (?:mkdir|mkdtemp)\b"
    r"|\blisten EACCES: permission denied /|\bunable to open database file|\battempt to write a readonly database"
)
_WRITES_HINT = "the service may write to no folder but those that `writable` names"

# A file of variables is missed by programs that go on without it.
_ABSENT = re.compile(
    r"\bopen (?!\S*\.env\b)\S.*: no such file or directory|\bENOENT: no such file or directory, (?:open|scandir)\b(?!.*\.env\b)"
)
_ABSENT_HINT = "`files` names what the image is to hold for it to read, `writable` the folders that it may write to"

_LONG = 500
"""Letters of a line that count: it would take the square of a long one's to find nothing."""


def of_build(*printed: str) -> str:
    """Return the way out of what a build printed, "" where none is known."""
    return _first(printed, (_GIT, _GIT_HINT), (_MODULE, _MODULE_HINT), (_PACKAGE, _PACKAGE_HINT))


def of_start(*printed: str) -> str:
    """Return the way out of what a service printed that was started in its image, "" where none is known."""
    return _first(printed, (_LOW_PORT, _LOW_PORT_HINT), (_WRITES, _WRITES_HINT), (_ABSENT, _ABSENT_HINT))


def _first(printed: Sequence[str], *known: tuple[re.Pattern[str], str]) -> str:
    lines = [line[:_LONG] for output in printed for line in output.splitlines()]
    return next((hint for pattern, hint in known if any(map(pattern.search, lines))), "")
