"""The port that a service listens on, as its programs' literals tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tree_sitter import Node

from pipeline.detect.found import Found, joined
from pipeline.detect.programs import Program
from pipeline.detect.syntax import Literal, line, literals, placed, text, walk
from pipeline.files import plain

_PREFIXES = ("API", "APP", "HTTP", "LISTEN", "SERVER", "SERVICE", "WEB")
_OPTIONS = {"port", "http-port", "listen-port", "server-port"}
_ADDRESS_OPTIONS = re.compile(
    r"(?:http|web|bind|listen|server)[-.]?(?:listen)?[-.]?addr(?:ess)?\Z|(?:http[-.])?(?:bind|listen)\Z"
)
_ADDRESS = re.compile(r"(?:[\w.-]*|\[[\w:.%]*\]):(\d{2,5})\Z")
_ANY_ADDRESS = re.compile(r"(?:0\.0\.0\.0|\[::\]|\*)?:(\d{2,5})\Z")
_LISTENS = re.compile(r"(^|\.)(listen\w*|serve\w*|run|start)\Z", re.IGNORECASE)
_DEFAULT = re.compile(r"(?:\.default\(|\bdefault:)\s*[\"']?(\d{2,5})\b")
_NUMBER = re.compile(r"[\"'`]?(\d{2,5})[\"'`]?\Z")
_TAG_VARIABLE = re.compile(r'\b(?:env|envconfig):"(\w+)')
_TAG_PREFIX = re.compile(r'(?:\b(?:envPrefix|env-prefix):"|\bprefix=)(\w+)')
_TAG_DEFAULT = re.compile(r'(?:\b(?:default|envDefault|env-default):"|\bdefault=)([^",]*)')
_FUNCTIONS = {"function_declaration", "method_declaration", "func_literal"}
_EITHER = re.compile(r"(?:^|\.)(?:coalesce|or|\w*default\w*)\Z", re.IGNORECASE)
_LOCAL = re.compile(r"[\"'`](?:localhost|127\.[\d.]+|\[::1\]):")
_NAME = re.compile(r"(?:default|http|listen|server)?_?port\Z", re.IGNORECASE)
_EXPOSED = re.compile(r"^EXPOSE\s+(\d{2,5})(?:/tcp)?\s*$", re.MULTILINE | re.IGNORECASE)

_OPTION = "the default of its option"

Find = Callable[[Node], Iterator[tuple[Node, int]]]


@dataclass(frozen=True, slots=True)
class _Way:
    """One way in which programs tell: what a file holds that does, how it is found, and what that is called."""

    hint: re.Pattern[bytes]
    find: Find
    why: str


def port(files: Sequence[Program], default: int, own: str = "", exposed: Found[int] | None = None) -> Found[int]:
    """Return the port that a service listens on unless it is told another.

    Parameters
    ----------
    default:
        The port by convention, 0 for one that listens nowhere as far as is known.
    own:
        The name of its package or module: variables may begin with it.
    exposed:
        The port that the repository's own Dockerfile exposes, for programs that do not tell.
    """
    variable = _variable(own)
    listens = re.compile(rb"isten|erve|Addr|PORT")
    ways = (
        _Way(re.compile(rb"PORT"), lambda root: _from_variable(root, variable), "the default of PORT"),
        _Way(re.compile(rb"PORT"), lambda root: _from_fallback(root, variable), "the default of PORT"),
        _Way(re.compile(rb"[\"'`][\w.-]*(?:port|addr(?:ess)?|bind|listen)[\"'`]", re.IGNORECASE), _from_option, _OPTION),
        _Way(re.compile(rb"[dD]efault[:=]"), lambda root: _from_tag(root, variable), "the default of its variable"),
        _Way(listens, lambda root: _from_address(root, beside=False), "what it listens on"),
        _Way(listens, lambda root: _from_address(root, beside=True), "what it listens on"),
        _Way(re.compile(rb"port\b(?:[^=\n]{0,20}=\s*[\"'`]?\d|.{0,80}default:)", re.IGNORECASE), _from_name, "named so"),
        _Way(re.compile(rb"\bport[\"']?:\s*[\"'`]?\d"), _from_setting, "a setting of that name"),
        _Way(re.compile(rb"[\"'`][^\"'`\s]*:\d{2,5}[\"'`]"), _from_literal, "an address to listen on"),
        _Way(re.compile(rb"port\s*:=\s*[\"`]?\d", re.IGNORECASE), _from_local, "named so"),
    )
    for way in ways:
        for file in files:
            if way.hint.search(file.content) and (root := file.tree()):
                for node, number in way.find(root):
                    return Found("port", number, file.name, line(node), way.why)
    return exposed or Found("port", default, why="by convention" if default else "no program listens")


def exposed(folder: Path, shown: str) -> Found[int] | None:
    """Return the port that a folder's Dockerfile exposes, None if there is none such."""
    try:
        content = plain(folder / "Dockerfile").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    if not (found := _EXPOSED.search(content)):
        return None
    number = content.count("\n", 0, found.start()) + 1
    return Found("port", int(found[1]), joined(shown, "Dockerfile"), number, "EXPOSE")


def _variable(own: str) -> re.Pattern[str]:
    """Return what the variables look like that a service takes its port from: PORT, HTTP_PORT, and those that begin with its name."""
    # The name of a package in a scope is taken with the scope and without.
    names = (re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_") for name in (own, own.rpartition("/")[2]))
    prefixes = "|".join((*_PREFIXES, *filter(None, names)))
    return re.compile(rf"\b(?:(?:{prefixes})_)?PORT(?:_NUMBER)?")


def _from_variable(root: Node, variable: re.Pattern[str]) -> Iterator[tuple[Node, int]]:
    """Yield the defaults of a variable: `env.PORT ?? 3000`, `PORT: number().default(3000)`, `getenv("PORT", "8080")`."""
    for node in walk(root, "binary_expression", "ternary_expression", "pair", "call_expression"):
        match node.type:
            case "binary_expression":
                left, right = text(node.child_by_field_name("left")), text(node.child_by_field_name("right"))
                if re.search(rf"{variable.pattern}[\"'\])]*\Z", left) and (found := _NUMBER.match(right)):
                    yield node, int(found[1])
            case "ternary_expression":
                condition = text(node.child_by_field_name("condition"))
                alternative = text(node.child_by_field_name("alternative"))
                if variable.search(condition) and (found := _NUMBER.match(alternative)):
                    yield node, int(found[1])
            case "pair":
                key, value = text(node.child_by_field_name("key")).strip("\"'"), text(node.child_by_field_name("value"))
                if variable.fullmatch(key) and (found := _DEFAULT.search(value)):
                    yield node, int(found[1])
            case _:
                values = _arguments(node)
                named = len(values) > 1 and (
                    variable.fullmatch(values[0].strip("\"'")) or _is_either(node, values[0], variable)
                )
                if named and (found := _NUMBER.match(values[1])):
                    yield node, int(found[1])


def _from_fallback(root: Node, variable: re.Pattern[str]) -> Iterator[tuple[Node, int]]:
    """Yield what a function that asks for a variable falls back to: `if port == "" { port = "8080" }`."""
    asked = re.compile(rf"[\"`]{variable.pattern}[\"`]")
    for node, above in placed(root, "assignment_statement"):
        around = next((one for one in above.nearest() if one.type in _FUNCTIONS), None) if above else None
        if (number := _assigned(node)) and asked.search(text(around)):
            yield node, number


def _is_either(call: Node, first: str, variable: re.Pattern[str]) -> bool:
    """Whether a call takes the second of its arguments in the place of a variable: `cmp.Or(os.Getenv("PORT"), "8080")`."""
    is_lookup = re.search(rf"{variable.pattern}[\"'\])]*\Z", first)
    return bool(is_lookup and _EITHER.search(text(call.child_by_field_name("function"))))


def _from_tag(root: Node, variable: re.Pattern[str]) -> Iterator[tuple[Node, int]]:
    """Yield the defaults of fields that a variable sets: `env:"PORT" envDefault:"8080"`, `envconfig:"ADDR" default:":8080"`."""
    fields = list(placed(root, "field_declaration"))
    prefixes = {
        text(field.child_by_field_name("type")).lstrip("*"): found[1] for field, _ in fields if (found := _prefix(field))
    }
    for field, above in fields:
        tag = text(field.child_by_field_name("tag"))
        named, default = _TAG_VARIABLE.search(tag), _TAG_DEFAULT.search(tag)
        if named and default:
            owner = next((node for node in above.nearest() if node.type == "type_spec"), None) if above else None
            name = prefixes.get(text(owner.child_by_field_name("name")) if owner else "", "") + named[1]
            is_address = _ADDRESS_OPTIONS.match(name.lower().replace("_", "-"))
            pattern = _NUMBER if variable.fullmatch(name) else _ADDRESS if is_address else None
            if pattern and (found := pattern.match(default[1])):
                yield field, int(found[1])


def _prefix(field: Node) -> re.Match[str] | None:
    return _TAG_PREFIX.search(text(field.child_by_field_name("tag")))


def _from_option(root: Node) -> Iterator[tuple[Node, int]]:
    """Yield the defaults of a command line's option: `flag.Int("port", 8080, …)`, `flag.String("http-address", ":8080", …)`."""
    constants = _constants(root)
    for node in walk(root, "call_expression"):
        values = [constants.get(value, value) for value in _arguments(node)]
        for at, value in enumerate(values):
            if value[:1] not in {'"', "'", "`"}:
                continue
            name = re.sub(r"[._]", "-", value.strip("\"'`").lower())
            # Between the name and the default may stand the option's short form.
            following = values[at + 1 : at + 3]
            if name in _OPTIONS:
                yield from ((node, int(found[1])) for item in following if (found := _NUMBER.match(item)))
            elif _ADDRESS_OPTIONS.match(name):
                plain = (item.strip("\"'`") for item in following)
                yield from ((node, int(found[1])) for item in plain if (found := _ADDRESS.match(item)))
    for node in walk(root, "literal_value"):
        fields = {key.strip(): value.strip() for key, _, value in (text(item).partition(":") for item in node.named_children)}
        name = fields.get("Name", "").strip('"`').lower()
        if name in _OPTIONS and (found := _NUMBER.match(fields.get("Value", ""))):
            yield node, int(found[1])


def _constants(root: Node) -> Mapping[str, str]:
    """Return the literals that a file's constants stand for."""
    found: dict[str, str] = {}
    for spec in walk(root, "const_spec", "variable_declarator"):
        found[text(spec.child_by_field_name("name"))] = text(spec.child_by_field_name("value"))
    return found


def _arguments(call: Node) -> list[str]:
    return [text(item) for item in (call.child_by_field_name("arguments") or call).named_children]


def _from_address(root: Node, *, beside: bool) -> Iterator[tuple[Node, int]]:
    """Yield the ports that a program listens on in so many words: `listen(3000)`, `Addr: ":8080"`.

    Parameters
    ----------
    beside:
        Whether those are wanted that a program has beside its own, for profiles and metrics: on the machine alone, or as `go serve(…)`.
    """
    for node, above in placed(root, "call_expression", "keyed_element"):
        if beside is not (bool(_LOCAL.search(text(node))) or bool(above and above.node.type == "go_statement")):
            continue
        if node.type == "keyed_element":
            key, _, value = text(node).partition(":")
            if key.strip() == "Addr" and (found := _ADDRESS.match(value.strip().strip('"`'))):
                yield node, int(found[1])
            continue
        if not _LISTENS.search(text(node.child_by_field_name("function"))):
            continue
        for item in (node.child_by_field_name("arguments") or node).named_children:
            content = text(item)
            if item.type == "object":
                content = next(
                    (text(pair.child_by_field_name("value")) for pair in walk(item, "pair") if _named_port(pair)), ""
                )
            plain = content.strip("\"'`")
            if (item.type in {"number", "object"} and (found := _NUMBER.match(plain))) or (found := _ADDRESS.match(plain)):
                yield node, int(found[1])


def _named_port(pair: Node) -> bool:
    return text(pair.child_by_field_name("key")).strip("\"'") == "port"


def _from_name(root: Node) -> Iterator[tuple[Node, int]]:
    """Yield the numbers that are called a port: `const defaultPort = "50051"`, `const port = 3000`."""
    for spec in walk(root, "const_spec", "var_spec", "variable_declarator"):
        name, value = text(spec.child_by_field_name("name")), text(spec.child_by_field_name("value"))
        if _NAME.match(name) and (found := _NUMBER.match(value)):
            yield spec, int(found[1])
    for field in walk(root, "field_declaration"):
        default = _TAG_DEFAULT.search(text(field.child_by_field_name("tag")))
        named = default and _NAME.match(text(field.child_by_field_name("name")))
        if named and default and (found := _NUMBER.match(default[1])):
            yield field, int(found[1])


def _from_local(root: Node) -> Iterator[tuple[Node, int]]:
    """Yield what a function calls a port: `port := 3000`. A client may do so, too."""
    for node in walk(root, "short_var_declaration"):
        if number := _assigned(node):
            yield node, number


def _assigned(node: Node) -> int:
    """Return the number that something called a port is given, 0 where it is none."""
    found = _NUMBER.match(text(node.child_by_field_name("right")))
    return int(found[1]) if found and _NAME.match(text(node.child_by_field_name("left"))) else 0


def _from_setting(root: Node) -> Iterator[tuple[Node, int]]:
    """Yield the port of a module that is all settings: `module.exports = { port: 9000, … }`, not one of a part of it."""
    for node in walk(root, "assignment_expression", "export_statement"):
        is_export = node.type == "export_statement" or text(node.child_by_field_name("left")) == "module.exports"
        settings = node.child_by_field_name("value" if node.type == "export_statement" else "right")
        for pair in settings.named_children if is_export and settings and settings.type == "object" else ():
            if pair.type == "pair" and _named_port(pair) and (found := _NUMBER.match(text(pair.child_by_field_name("value")))):
                yield pair, int(found[1])


def _from_literal(root: Node) -> Iterator[tuple[Node, int]]:
    """Yield the addresses on which something can only listen, since they name no host: `":9115"`."""
    for item in literals(root):
        if (found := _ANY_ADDRESS.match(item.value)) and not _is_appended(item):
            yield item.node, int(found[1])
    for field in walk(root, "field_declaration"):
        default = _TAG_DEFAULT.search(text(field.child_by_field_name("tag")))
        if default and (found := _ANY_ADDRESS.match(default[1])):
            yield field, int(found[1])


def _is_appended(item: Literal) -> bool:
    """Whether a literal is put behind another text: a port behind a host's name, which a client does."""
    parent = next((node for node in item.nearest() if node.type != "expression_list"), None)
    return bool(parent and re.search(r"\+=?\Z", text(parent.child_by_field_name("operator"))))
