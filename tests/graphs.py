"""Graphs of operations, as tests write them down."""

from __future__ import annotations

from daglet import operations as ops

BASE = ops.FromArchive(ops.HostFile("node-build.tar", "/bases/node-build.tar"))
SOURCE = ops.HostDirectory("/repository/api")


def chain(start, *steps):
    for step in steps:
        start = ops.ContainerStep(start, step)
    return start


def edited(*edits, of=None):
    tree = of or ops.EmptyDirectory()
    for edit in edits:
        tree = ops.DirectoryEdit(tree, edit)
    return tree
