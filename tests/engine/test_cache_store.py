"""The registry of stages' results by itself: what is written comes back, and what is no entry is refused in a sentence (O6)."""

from __future__ import annotations

import threading
import time
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import registries

from pipeline import engine
from pipeline.cache.entry import tags
from pipeline.cache.store import Absent, Store, Unusable
from pipeline.graph import Kept

KEY = "0123456789abcdef" * 4
SECRET = "c4n4ry-signing"


@pytest.fixture(scope="module")
def registry(tools, tmp_path_factory):
    with tools.registry(tmp_path_factory.mktemp("registry")) as made:
        yield made


@pytest.fixture(scope="module")
def spare(make_workspace):
    """An engine with nothing in it, for all of these."""
    return make_workspace()


@asynccontextmanager
async def connected(workspace, monkeypatch):
    for name, value in workspace.environ.items():
        monkeypatch.setenv(name, value)
    async with engine.session(engine.Choice.BUILDKIT, print):
        yield


async def written(store, key=KEY):
    from dagger import dag

    result = dag.container().with_new_file("/out/app", "content " * 1000).with_new_file("/elsewhere", "no")
    await store.write("build", key, result, Kept(("/out",)), 0.5)


@contextmanager
def answering(status, seconds=0.0):
    """Yield the address of a registry that answers every question with one status, after a while."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            time.sleep(seconds)
            self.send_response(status if self.path != "/v2/" or status == 401 else 200)
            if status == 401:
                self.send_header("WWW-Authenticate", 'Basic realm="tests"')
            self.end_headers()

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = answer  # noqa: N815 - the server's own names

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads, server.block_on_close = True, False
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_port}/cache"
        finally:
            server.shutdown()


async def test_what_was_kept_comes_back_and_nothing_else(spare, registry, monkeypatch):
    store = Store(f"{registry.address}/kept", SECRET, writes=True, seconds=60)
    async with connected(spare, monkeypatch):
        with pytest.raises(Absent):
            await store.find("build", KEY)
        await written(store)
        entry = await store.find("build", KEY)
        found = store.content(entry)
        assert await found.rootfs().entries() == ["out/"]
        assert await found.file("/out/app").contents() == "content " * 1000
        # Whoever writes the same writes the same bytes.
        await written(store)
        assert await store.find("build", KEY) == entry


@pytest.mark.parametrize(("status", "told"), [(500, "500"), (401, "401"), (507, "507")])
async def test_a_registry_that_refuses_is_told(spare, monkeypatch, status, told):
    with answering(status) as address:
        store = Store(address, seconds=4)
        async with connected(spare, monkeypatch):
            with pytest.raises(Unusable, match=rf"{told}|no answer in 4 s"):
                await store.find("build", KEY)
            if status == 507:
                with pytest.raises(Unusable, match=told):
                    await written(store)


async def test_a_registry_that_says_nothing_is_given_up_on(spare, monkeypatch):
    with registries.hanging() as address:
        store = Store(address.removeprefix("http://") + "/cache", seconds=1)
        async with connected(spare, monkeypatch):
            started = time.monotonic()
            with pytest.raises(Unusable, match="no answer in 1 s"):
                await store.find("build", KEY)
            monkeypatch.setattr("pipeline.cache.store._PUSH_SECONDS", 2)
            with pytest.raises(Unusable, match="no answer in 2 s"):
                await written(store)
            assert time.monotonic() - started < 8


@pytest.mark.parametrize("damage", [lambda body: body[:-10], lambda body: body[:-1] + bytes([body[-1] ^ 1]), lambda _: None])
async def test_content_that_is_not_what_its_digest_says_is_not_taken(make_workspace, tools, tmp_path, monkeypatch, damage):
    with tools.registry(tmp_path) as registry:
        store = Store(f"{registry.address}/damaged", SECRET, writes=True, seconds=60)
        async with connected(make_workspace(), monkeypatch):
            await written(store)
        for path in tmp_path.glob("images/**/blobs/**/data"):
            if damaged(path, damage):
                break
        else:
            raise AssertionError(tmp_path)
        async with connected(make_workspace(), monkeypatch):
            entry = await store.find("build", KEY)
            with pytest.raises((Unusable, Absent)):
                await store.pull(entry)


def damaged(path, damage):
    """Damage a layer of the content: the zstd one."""
    body = path.read_bytes()
    if not body.startswith(b"\x28\xb5\x2f\xfd"):
        return False
    if changed := damage(body):
        path.write_bytes(changed)
    else:
        path.unlink()
    return True


async def test_an_entry_that_stands_under_another_key_or_is_not_signed_is_refused(spare, registry, tools, monkeypatch):
    repository = f"{registry.address}/moved"
    ours, stranger = (Store(repository, secret, writes=True, seconds=60) for secret in (SECRET, "another"))
    async with connected(spare, monkeypatch):
        await written(ours)
        other = KEY[::-1]
        source, target = (f"docker://{repository}:{tags('build', key)[0]}" for key in (KEY, other))
        tools.skopeo("--insecure-policy", "copy", "--src-tls-verify=false", "--dest-tls-verify=false", source, target)
        with pytest.raises(Unusable, match="refused: its note is about another key"):
            await ours.find("build", other)
        await written(stranger)
        with pytest.raises(Unusable, match="refused: its note is not signed with this secret"):
            await ours.find("build", KEY)
        await written(replace(stranger, secret=""))
        with pytest.raises(Unusable, match="refused: its note is not signed"):
            await ours.find("build", KEY)
