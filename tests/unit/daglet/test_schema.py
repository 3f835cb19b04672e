"""The served schema against the pinned client: same types, fields, arguments and nullability, so that they cannot drift."""

from __future__ import annotations

import ast
from pathlib import Path

import dagger.client.gen
import pytest
from graphql import GraphQLNonNull, GraphQLObjectType
from graphql.type import get_named_type

from daglet import resolve
from daglet.server import schema

_SCALARS = {"str": "String", "int": "Int", "bool": "Boolean", "float": "Float"}
_SERVED = ("Container", "Directory", "File", "CacheVolume", "Secret", "Host", "Stat")
_CLASSES = {
    node.name: node
    for node in ast.parse(Path(dagger.client.gen.__file__).read_text(encoding="utf-8")).body
    if isinstance(node, ast.ClassDef)
}


def _field(method: ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    for node in ast.walk(method):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "execute_sync":
                return "sync"
            if node.func.attr in {"_select", "root_select"}:
                return next((arg.value for arg in node.args if isinstance(arg, ast.Constant)), None)
    return None


def _arguments(method: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, bool]:
    """Return the arguments' names, and whether each must be given."""
    names = [
        node.args[0].value
        for node in ast.walk(method)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Arg"
    ]
    required = [True] * len(method.args.args[1:]) + [default is None for default in method.args.kw_defaults]
    return dict(zip(names, required, strict=True))


def _client_fields(kind: str) -> dict[str, dict[str, bool]]:
    found = {}
    for method in _CLASSES[kind].body:
        if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) and not method.name.startswith("__"):
            name = _field(method)
            if name and name != "node" and not name.startswith("load"):
                found[name] = _arguments(method)
    return found


@pytest.mark.parametrize("kind", [*_SERVED, "Query"])
def test_types_have_the_clients_fields_and_arguments(kind):
    served = schema().type_map[kind]
    assert isinstance(served, GraphQLObjectType)
    expected = _client_fields(kind)
    actual = {
        name: {key: isinstance(argument.type, GraphQLNonNull) for key, argument in item.args.items()}
        for name, item in served.fields.items()
        if name != "node"
    }
    assert actual == expected


def test_scalars_of_the_client_keep_their_types():
    fields = schema().type_map["Container"].fields
    for method in _CLASSES["Container"].body:
        if isinstance(method, ast.AsyncFunctionDef) and method.returns and (name := _field(method)) not in {None, "id", "sync"}:
            returned = ast.unparse(method.returns)
            if returned in _SCALARS:
                assert get_named_type(fields[name].type).name == _SCALARS[returned], name


def test_every_resolver_serves_a_declared_field():
    for kind, fields in resolve.FIELDS.items():
        declared = schema().type_map[kind].fields
        assert not set(fields) - set(declared), kind
