"""Routes that frameworks make of files."""

from __future__ import annotations

import pytest
from trees import write

from pipeline.detect.file_routes import file_routes, has_base
from pipeline.detect.programs import NODE_FILES, programs

GET = "export async function GET() {}"
DEFAULT = "export default function handler(req, res) {}"
NITRO = "export default defineEventHandler(() => 'ok')"
LOADER = "export const loader = () => new Response('ok')"


def found(tmp_path, name, content):
    write(tmp_path, {name: content})
    return [(path, folder) for _, path, folder in file_routes(programs(tmp_path, ".", NODE_FILES))]


@pytest.mark.parametrize(
    ("name", "content", "path"),
    [
        ("src/routes/health/+server.ts", GET, "/health"),
        ("src/routes/(ops)/health/+server.js", "export const GET = ok", "/health"),
        ("app/health/route.ts", GET, "/health"),
        ("src/app/(ops)/api/health/route.js", "export { ok as GET }", "/api/health"),
        ("pages/api/health.ts", DEFAULT, "/api/health"),
        ("src/pages/api/health/index.js", "module.exports = ok", "/api/health"),
        ("server/api/health.get.ts", NITRO, "/api/health"),
        ("server/api/health/index.ts", "export default eventHandler(ok)", "/api/health"),
        ("server/routes/healthz.ts", NITRO, "/healthz"),
        ("server/routes/api/_health.ts", NITRO, "/api/_health"),
        ("app/routes/healthcheck.tsx", LOADER, "/healthcheck"),
        ("app/routes/_ops.api.health.ts", "export async function loader() {}", "/api/health"),
        ("app/routes/health/route.tsx", LOADER, "/health"),
        ("src/pages/health.ts", GET, "/health"),
    ],
)
def test_a_files_place_is_its_route(tmp_path, name, content, path):
    assert found(tmp_path, name, content) == [(path, tmp_path)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("src/routes/health/+server.ts", "export const POST = ok"),
        ("src/routes/health/+page.ts", GET),
        ("app/health/routes.ts", GET),
        ("myapp/health/route.ts", GET),
        ("pages/health.tsx", DEFAULT),
        ("server/api/health.ts", "router.get('/', ok)"),
        ("server/health.ts", NITRO),
        ("app/routes/health.tsx", "export default function Page() {}"),
        ("src/pages/health.ts", DEFAULT),
    ],
)
def test_files_that_are_no_routes(tmp_path, name, content):
    assert found(tmp_path, name, content) == []


def test_settings_are_those_beside_the_frameworks_own_folder(tmp_path):
    assert found(tmp_path, "apps/web/src/app/health/route.ts", GET) == [("/health", tmp_path / "apps/web")]


@pytest.mark.parametrize(
    ("name", "content", "moved"),
    [
        ("next.config.ts", "export default { basePath: '/docs' }", True),
        ("svelte.config.js", "export default { kit: { paths: { base: process.env.BASE } } }", True),
        ("nuxt.config.ts", "export default defineNuxtConfig({ app: { baseURL: '/a/' } })", True),
        ("vite.config.ts", "export default { base: './' }", False),
        ("next.config.mjs", "export default { basePath: '' }", False),
        ("settings.ts", "export default { base: '/a' }", False),
        ("a.config.txt", "base: '/a'", False),
    ],
)
def test_whether_settings_put_all_routes_below_a_path(tmp_path, name, content, moved):
    write(tmp_path, {name: content})
    assert has_base(tmp_path) is moved
