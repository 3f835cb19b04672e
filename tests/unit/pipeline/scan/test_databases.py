"""Databases are there before anything runs, or the reason is told."""

from __future__ import annotations

import hashlib
import io
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from registries import refusing

from pipeline.errors import UsageError
from pipeline.scan.databases import Wanted, ready

CUT = b"(what follows is lost)"
"""The end of a file whose download breaks off one byte before."""


def wanted(place, **settings):
    given = {"required": ["npm/all.zip"], **settings}
    return Wanted("osv-scanner", str(place), "scan.tools.osv-scanner.database", **given)


def had(item, root, said=None):
    return ready(item, root, root / "cache", (said if said is not None else []).append)


@pytest.fixture
def served():
    """Files that are offered below an address, which also has the codes that were answered."""
    files, codes = {}, []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = files.get(self.path.lstrip("/"))
            tag = hashlib.sha256(body).hexdigest() if body else ""
            code = 404 if body is None else 304 if self.headers.get("If-None-Match") == tag else 200
            codes.append(code)
            self.send_response(code)
            self.send_header("ETag", tag)
            if code == 200:
                self.send_header("Content-Length", len(body.removesuffix(CUT)) + body.endswith(CUT))
            self.end_headers()
            self.wfile.write(body.removesuffix(CUT) if code == 200 else b"")

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", files, codes
        server.shutdown()
        thread.join()


def test_a_folder_of_the_repository(tmp_path):
    (tmp_path / "known/npm").mkdir(parents=True)
    (tmp_path / "known/npm/all.zip").touch()
    assert had(wanted("known"), tmp_path) == tmp_path / "known"
    assert had(wanted(tmp_path / "known"), tmp_path) == tmp_path / "known"


def test_a_folder_that_is_not_there_or_lacks_what_is_needed(tmp_path):
    start = r"pipeline\.toml: scan\.tools\.osv-scanner\.database: the database known: "
    with pytest.raises(UsageError, match=start + "there is no such folder; osv-scanner wants a folder with npm/all.zip"):
        had(wanted("known"), tmp_path)
    (tmp_path / "known").mkdir()
    with pytest.raises(UsageError, match=start + "npm/all.zip is not in it"):
        had(wanted("known"), tmp_path)


def test_what_is_downloaded_is_downloaded_again_when_it_has_changed(tmp_path, served):
    address, files, codes = served
    files["npm/all.zip"] = b"one"
    item, said = wanted(address, welcome=["Debian/all.zip"]), []
    folder = had(item, tmp_path, said)
    assert (folder / "npm/all.zip").read_bytes() == b"one"
    assert said == [f"osv-scanner: asking {address} for its database"]
    had(item, tmp_path)
    files |= {"npm/all.zip": b"two", "Debian/all.zip": b"three"}
    assert had(item, tmp_path) == folder
    assert codes == [200, 404, 304, 404, 200, 200]
    assert (folder / "npm/all.zip").read_bytes() == b"two"
    assert (folder / "Debian/all.zip").read_bytes() == b"three"
    del files["Debian/all.zip"]
    had(item, tmp_path)
    assert not (folder / "Debian/all.zip").exists()


def zipped(text):
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as packed:
        packed.writestr("README", text)
        packed.writestr("index/db.json", text)
    return body.getvalue()


def test_one_that_is_packed_is_unpacked(tmp_path, served):
    address, files, _ = served
    for text in ("one", "two"):
        files["vulndb.zip"] = zipped(text)
        item = wanted(address, required=["index/db.json"], archive="vulndb.zip")
        assert (had(item, tmp_path) / "index/db.json").read_text() == text


def test_a_download_that_broke_off_is_not_taken(tmp_path, served):
    address, files, codes = served
    files["npm/all.zip"] = b"one"
    folder = had(wanted(address), tmp_path)
    files["npm/all.zip"] = b"tw" + CUT
    with pytest.raises(UsageError, match=r"cannot be had: npm/all.zip: 2 of 3 bytes have come; name another address"):
        had(wanted(address), tmp_path)
    assert (folder / "npm/all.zip").read_bytes() == b"one"
    files["npm/all.zip"] = b"two"
    had(wanted(address), tmp_path)
    assert codes == [200, 200, 200]
    assert (folder / "npm/all.zip").read_bytes() == b"two"


@pytest.mark.parametrize("kept", [True, False])
def test_one_whose_unpacking_broke_off_is_unpacked_again(tmp_path, served, monkeypatch, kept):
    address, files, _ = served
    item = wanted(address, required=["index/db.json"], archive="vulndb.zip")
    if kept:
        files["vulndb.zip"] = zipped("one")
        had(item, tmp_path)
    files["vulndb.zip"] = zipped("two")
    with monkeypatch.context() as patched:
        patched.setattr(zipfile.ZipFile, "extractall", broken_off)
        with pytest.raises(KeyboardInterrupt):
            had(item, tmp_path)
    assert (had(item, tmp_path) / "index/db.json").read_text() == "two"


def broken_off(self, path):
    self.extract(self.namelist()[0], path)
    raise KeyboardInterrupt


def test_one_that_is_not_packed_is_told(tmp_path, served):
    address, files, _ = served
    files["vulndb.zip"] = b"<html>"
    with pytest.raises(UsageError, match=r"cannot be had: vulndb.zip: File is not a zip file; name another address"):
        had(wanted(address, archive="vulndb.zip"), tmp_path)


def test_one_that_is_kept_damaged_is_had_anew(tmp_path, served):
    address, files, _ = served
    item = wanted(address, required=["index/db.json"], archive="vulndb.zip")
    files["vulndb.zip"] = zipped("one")
    had(item, tmp_path)
    [packed] = tmp_path.rglob("vulndb.zip")
    packed.write_bytes(packed.read_bytes()[:20])
    with pytest.raises(UsageError, match="File is not a zip file"):
        had(item, tmp_path)
    assert (had(item, tmp_path) / "index/db.json").read_text() == "one"


def test_an_address_that_does_not_have_it_or_does_not_answer(tmp_path, served):
    with pytest.raises(UsageError, match=r"cannot be had: npm/all.zip: HTTP 404; name another address, or a folder with"):
        had(wanted(served[0]), tmp_path)
    with refusing() as address, pytest.raises(UsageError, match=r"cannot be had: npm/all.zip: .*refused"):
        had(wanted(address), tmp_path)
