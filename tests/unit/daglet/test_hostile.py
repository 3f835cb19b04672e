"""Whatever the words of an operation are, they are data: none becomes an instruction, a flag or a word of a command."""

from __future__ import annotations

from e2b_dockerfile_utils import parse_dockerfile_ast
from hypothesis import given, settings
from hypothesis import strategies as st

from daglet import operations as ops
from daglet.dockerfile import render
from daglet.errors import DagletError

BASE = ops.FromArchive(ops.HostFile("base.tar", "/bases/base.tar"))
ODD = (
    "\nRUN evil",
    "EOF\n",
    "<<EOF",
    "$(evil)",
    "${HOME}",
    "`evil`",
    "--from=evil",
    "--mount=type=ssh",
    "\\",
    "\\\n",
    '"',
    "'",
    "#",
)
ODD += (
    "# syntax=evil",
    "[",
    "]",
    ",",
    "=",
    " ",
    "\t",
    "\r\n",
    "\x00",
    "\u2028",
    "ä",
    "../..",
    "/",
    "*",
    "?",
    "!",
    "{",
    "-",
    "@",
    ":",
)

words = st.lists(st.one_of(st.sampled_from(ODD), st.text(max_size=3), st.just("a")), min_size=1, max_size=4).map("".join)
paths = words.map("/".__add__)
commands = st.lists(words, min_size=1, max_size=3).map(tuple)
files = st.builds(ops.NewFile, words, words)
steps = st.one_of(
    st.builds(ops.Exec, commands, stdin=st.one_of(st.just(""), words)),
    *(st.builds(ops.Setting, st.just(kind), words, words) for kind in ("ENV", "LABEL")),
    st.builds(ops.Setting, st.just("USER"), value=words),
    st.builds(ops.Setting, st.just("WORKDIR"), value=paths),
    *(st.builds(ops.Setting, st.just(kind), value=commands) for kind in ("CMD", "ENTRYPOINT")),
    st.builds(ops.CopyFile, paths, files, owner=st.one_of(st.just(""), words)),
    st.builds(ops.CopyDirectory, paths, st.builds(ops.HostDirectory, paths), include=st.lists(words, max_size=2).map(tuple)),
    st.builds(ops.Mount, paths, st.builds(ops.CacheVolume, words), st.just("cache"), owner=st.one_of(st.just(""), words)),
    st.builds(ops.Mount, paths, st.builds(ops.Secret, words), st.just("secret"), mode=st.integers(0, 0o777)),
)
MOUNTS = {"cache", "secret", "bind", "tmpfs"}


@settings(max_examples=1200)
@given(st.lists(steps, min_size=1, max_size=5))
def test_a_graph_is_refused_or_rendered_as_it_is_meant(chain):
    node = BASE
    for step in chain:
        node = ops.ContainerStep(node, step)
    try:
        plan = render(node)
    except DagletError:
        return
    found = parse_dockerfile_ast(plan.dockerfile).instructions
    assert {item.name.upper() for item in found} <= {
        "FROM",
        "RUN",
        "COPY",
        "WORKDIR",
        "USER",
        *(s.kind for s in chain if isinstance(s, ops.Setting)),
    }
    executed = [step.args for step in chain if isinstance(step, ops.Exec) and not step.stdin]
    ran = [item for item in found if item.name.upper() == "RUN" and "/.shim/busybox" not in item.args]
    assert [tuple(item.args) for item in ran] == executed
    assert all(item.json for item in found if item.name.upper() in {"RUN", "CMD", "ENTRYPOINT"})
    known = {*plan.contexts, *plan.archives, "shim", *(item.args[-1] for item in found if item.name.upper() == "FROM")}
    for item in found:
        mounts = [flag.removeprefix("--mount=type=").partition(",")[0] for flag in item.flags if flag.startswith("--mount=")]
        assert set(mounts) <= MOUNTS
        assert {flag.removeprefix("--from=") for flag in item.flags if flag.startswith("--from=")} <= known
