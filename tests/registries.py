"""A registry of npm packages and Go modules on loopback, with a few tiny ones of its own, and ones that do not answer."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import socket
import ssl
import subprocess
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import ports

MODULE = "example.test/plain"
VERSION = "v1.0.0"
_GO_MOD = f"module {MODULE}\n\ngo 1.24\n".encode()
_GO_FILE = b'// Package plain has a name.\npackage plain\n\nconst Name = "plain"\n'


@dataclass
class Packages:
    """What is offered, below which prefix Go's modules are, and what has been asked for: paths and credentials.

    `wanted` is the credentials without which a path that begins so is refused. `certificate` is the server's own, if it has one.
    """

    port: int
    prefix: str
    certificate: Path | None = None
    wanted: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    locked: dict[str, dict[str, object]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http{'s' if self.certificate else ''}://127.0.0.1:{self.port}"

    def offer(self, name: str, files: dict[str, str], **conditions: object) -> None:
        """Add an npm package, and its entry for a lockfile."""
        manifest = {"name": name, "version": "1.0.0", **conditions}
        body = io.BytesIO()
        with tarfile.open(fileobj=body, mode="w:gz") as tar:
            for path, text in {**files, "package.json": json.dumps(manifest)}.items():
                info = tarfile.TarInfo(f"package/{path}")
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text.encode()))
        path = f"/{name}/-/{name.rpartition('/')[2]}-1.0.0.tgz"
        self.files[path] = body.getvalue()
        digest = base64.b64encode(hashlib.sha512(body.getvalue()).digest()).decode()
        entry = {"version": "1.0.0", "resolved": self.address + path, "integrity": f"sha512-{digest}"}
        self.locked[f"node_modules/{name}"] = {**entry, **conditions, "optional": bool(conditions)}

    def go_sum(self) -> str:
        """Return the lines of go.sum for the module."""
        module = _h1({f"{MODULE}@{VERSION}/go.mod": _GO_MOD, f"{MODULE}@{VERSION}/plain.go": _GO_FILE})
        return f"{MODULE} {VERSION} {module}\n{MODULE} {VERSION}/go.mod {_h1({'go.mod': _GO_MOD})}\n"


@contextmanager
def packages(prefix: str, secured_in: Path | None = None) -> Iterator[Packages]:
    """Serve packages for as long as the context lasts. Go's module lies below a prefix that is nobody else's business.

    With a folder, the server is a secured one, and its certificate is put there.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            login = self.headers.get("Authorization", "")
            offered.asked.append((self.path, login))
            if any(self.path.startswith(path) and login != wanted for path, wanted in offered.wanted.items()):
                self.send_response(401)
                self.send_header("WWW-Authenticate", "Basic")
                self.end_headers()
                return
            body = offered.files.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        certificate = _secured(server, secured_in) if secured_in else None
        offered = Packages(server.server_port, prefix, certificate)
        for suffix, body in {"info": json.dumps({"Version": VERSION}).encode(), "mod": _GO_MOD, "zip": _go_zip()}.items():
            offered.files[f"/{prefix}/{MODULE}/@v/{VERSION}.{suffix}"] = body
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield offered
        finally:
            server.shutdown()
            thread.join()


def _secured(server: ThreadingHTTPServer, folder: Path) -> Path:
    """Have a server speak TLS, and return its certificate."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        *names,
        "-keyout",
        key,
        "-out",
        certificate,
    ]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return certificate


@contextmanager
def refusing() -> Iterator[str]:
    """Yield an address at which nothing listens."""
    yield f"http://127.0.0.1:{ports.free()}"


@contextmanager
def hanging() -> Iterator[str]:
    """Yield an address that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as silent:
        yield f"http://127.0.0.1:{silent.getsockname()[1]}"


def _go_zip() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as packed:
        packed.writestr(f"{MODULE}@{VERSION}/go.mod", _GO_MOD)
        packed.writestr(f"{MODULE}@{VERSION}/plain.go", _GO_FILE)
    return body.getvalue()


def _h1(files: dict[str, bytes]) -> str:
    """Return Go's hash of a set of files (golang.org/x/mod/sumdb/dirhash, Hash1)."""
    lines = "".join(f"{hashlib.sha256(body).hexdigest()}  {name}\n" for name, body in sorted(files.items()))
    return "h1:" + base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()
