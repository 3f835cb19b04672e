"""What the repository knows of a service's sources: the labels that say where an image comes from.

The revision is that of the last commit that touched the service, not of the newest commit: a commit elsewhere changes no
image. Source: the OCI image specification's predefined annotation keys.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import dropwhile, takewhile
from pathlib import Path

from pipeline.errors import PipelineError, UsageError

_PREFIX = "org.opencontainers.image"
_TIMEOUT_SECONDS = 20
_LAY_OUT_SECONDS = 600
"""A repository of many gigabytes takes minutes."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where sources come from: what their repository is called, its newest commit, and the labels of each service's images."""

    name: str = ""
    revision: str = ""
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def labels(root: Path, path: str, include: Sequence[str], exclude: Sequence[str], source: str = "") -> dict[str, str]:
    """Return source, revision and time of the last commit that touched a service's inputs; nothing outside a repository.

    Parameters
    ----------
    path:
        The folder that the service's build sees.
    include, exclude:
        Patterns, relative to that folder, of files that are an input (all, if empty), and that are none, where `!` takes in again.
    source:
        The repository's public address, "" where it has none.
    """
    folder = root / path
    inputs = list(_pathspecs(include, exclude))
    commits = {found for paths in inputs if (found := _git(folder, "log", "-1", "--format=%H %cI", "--", *paths))}
    if len(commits) > 1:
        # A commit comes before those that it was made after.
        commits = {_git(folder, "log", "-1", "--topo-order", "--format=%H %cI", *(item.split()[0] for item in sorted(commits)))}
    if not any(commits):
        return {}
    revision, created = commits.pop().split()
    changed = any(_git(folder, "status", "--porcelain", "--untracked-files=all", "--", *paths) for paths in inputs)
    dirty = "-dirty" if changed else ""
    facts = {f"{_PREFIX}.revision": revision + dirty, f"{_PREFIX}.created": created}
    if source:
        facts[f"{_PREFIX}.source"] = source
    return facts


def identity(root: Path) -> tuple[str, str]:
    """Return what a repository is called, its public address or else its folder's name, and its newest commit, "" for none."""
    return address(root) or root.name, newest(root)


def newest(root: Path) -> str:
    """Return a repository's newest commit, "" for none."""
    return _git(root, "rev-parse", "--verify", "--quiet", "HEAD")


def address(folder: Path) -> str:
    """Return the public address of the repository that a folder is in, "" where it has none."""
    return public_address(_git(folder, "remote", "get-url", "origin"))


def nearest_repository(root: Path, path: str) -> Path:
    """Return the folder, from a service's up to the root, that is a repository's own, as a submodule's is: else the root."""
    inside = (root / path, *(root / path).parents)
    below = (folder for folder in inside if folder != root and folder.is_relative_to(root))
    return next((folder for folder in below if (folder / ".git").exists()), root)


def commit(root: Path, ref: str) -> str:
    """Return the commit that a name stands for.

    Raises
    ------
    UsageError
        If git knows none.
    """
    if not shutil.which("git"):
        msg = "--since compares with a commit, and there is no git"
        raise UsageError(msg, hint="install git, or build without --since")
    found = "" if ref.startswith("-") else _git(root, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    if not found:
        msg = f"--since {ref}: git knows no such commit in {root}"
        raise UsageError(msg, hint="name one that is there: a shallow clone has the newest alone, `git fetch` brings others")
    return found


def lay_out(root: Path, revision: str, target: Path) -> None:
    """Lay the files of a folder out as they were at a commit. Neither the index nor the work tree is touched.

    Raises
    ------
    PipelineError
        If git cannot, as where the folder was not there yet.
    """
    target.mkdir(parents=True)
    own = {
        "GIT_DIR": _git(root, "rev-parse", "--absolute-git-dir"),
        "GIT_WORK_TREE": str(target),
        "GIT_INDEX_FILE": str(target.with_name("index")),
    }
    prefix = _git(root, "rev-parse", "--show-prefix").rstrip("/")
    for arguments in (["read-tree", f"{revision}:{prefix}"], ["checkout-index", "--all", "--quiet"]):
        try:
            done = _run(target, arguments, {**os.environ, **own}, _LAY_OUT_SECONDS)
        except subprocess.TimeoutExpired as error:
            msg = f"git cannot lay out {revision}: it has not finished after {_LAY_OUT_SECONDS} s"
            raise PipelineError(msg) from error
        if done.returncode != 0:
            msg = f"git cannot lay out {revision}: {done.stderr.strip()}"
            raise PipelineError(msg)


def public_address(remote: str) -> str:
    """Return a remote's address as people open it, without credentials; "" for a folder on this machine."""
    if found := re.fullmatch(r"(?:ssh://)?(?:[^@/\s]+@)([^:/\s]+)[:/](?:\d+/)?(.+?)(?:\.git)?/?", remote):
        return f"https://{found[1]}/{found[2]}"
    if found := re.fullmatch(r"https?://(?:[^@/\s]+@)?([^\s]+?)(?:\.git)?/?", remote):
        return f"https://{found[1]}"
    return ""


def _pathspecs(include: Sequence[str], exclude: Sequence[str]) -> Iterator[list[str]]:
    """Yield what git is to look at: the files that are wanted, and by themselves those that are taken in again.

    To git whatever a pattern excludes is out, whichever patterns follow.
    """
    wanted, left = list(include) or ["**"], list(exclude)
    while wanted:
        out = [item for item in left if not item.startswith("!")]
        yield [*(f":(glob){item}" for item in _globs(wanted)), *(f":(exclude,glob){item}" for item in _globs(out))]
        left = list(dropwhile(lambda item: not item.startswith("!"), left))
        wanted = [item[1:] for item in takewhile(lambda item: item.startswith("!"), left)]
        left = left[len(wanted) :]


def _globs(patterns: Sequence[str]) -> list[str]:
    return [form for pattern in patterns for form in (pattern, f"{pattern}/**")]


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = _run(folder, ["-c", "core.quotePath=off", *arguments], None)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _run(
    folder: Path, arguments: Sequence[str], environ: Mapping[str, str] | None, seconds: float = _TIMEOUT_SECONDS
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        ["git", *arguments],  # noqa: S607 - the user's own git
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        # A file's name may be any bytes.
        errors="surrogateescape",
        timeout=seconds,
        check=False,
    )
