"""The port of a server that Astro makes: as its settings say, else Astro's own."""

from __future__ import annotations

import pytest

from pipeline.detect.node.astro import port


@pytest.mark.parametrize(
    ("settings", "number"),
    [
        ("export default defineConfig({ server: { host: true, port: 8080 } })", 8080),
        ("export default defineConfig({ server: ({ command }) => ({ port: 8081 }) })", 8081),
        ("export default defineConfig({ vite: { port: 5000 }, server: { host: true } })", 4321),
        ("export default defineConfig({ server: { port: env.PORT } })", 4321),
        ("", 4321),
    ],
)
def test_the_port_of_the_settings(tmp_path, settings, number):
    (tmp_path / "astro.config.ts").write_text(settings)
    assert port(tmp_path) == number


def test_without_settings_it_is_astros_own(tmp_path):
    assert port(tmp_path) == 4321
