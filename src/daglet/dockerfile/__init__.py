"""A graph of operations as a Dockerfile: pure, so that the same graph always gives the same text."""

from __future__ import annotations

from daglet.dockerfile.names import CONTENTS, DOCKERFILE, SHIM
from daglet.dockerfile.plan import Options, Plan, dump
from daglet.dockerfile.render import render

__all__ = ["CONTENTS", "DOCKERFILE", "SHIM", "Options", "Plan", "dump", "render"]
