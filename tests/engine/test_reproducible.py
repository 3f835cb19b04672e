"""What `--verify-reproducible` finds out: it builds twice from nothing and compares."""

from __future__ import annotations

from dataclasses import replace

import registries
import small

HOOK = """\
from dataclasses import replace


def build(container, inputs):
    return container, replace(inputs, command=("sh", "-ec", "node build.js && cat /proc/uptime >dist/when.txt"))
"""


def test_a_build_that_differs_from_itself_is_found_out_and_the_file_is_named(make_workspace, tmp_path):
    with registries.packages("go") as offered:
        offered.offer("@stub/plain", {"index.js": "module.exports = 'plain'\n"})
        small.write(tmp_path, offered)
        (tmp_path / "stages.py").write_text(HOOK)
        text = (tmp_path / "pipeline.toml").read_text()
        hooked = text.replace('path = "web"', 'path = "web"\nstages = { build = "stages.py:build" }')
        (tmp_path / "pipeline.toml").write_text(hooked)
        here = replace(make_workspace(), root=tmp_path, settings={"npm_config_registry": f"{offered.address}/"})
        run = here.pipeline("build", "web", "--verify-reproducible")
        assert run.code == 1, run.out + run.err
        assert run.out.splitlines() == ["web: not reproducible", "    app/dist/when.txt: its content differs"]
        (tmp_path / "pipeline.toml").write_text(text)
        run = here.pipeline("build", "web", "--verify-reproducible")
        assert run.code == 0, run.out + run.err
        assert run.out == "web: reproducible: two builds from nothing are equal\n"
        # Each of the four builds had an empty store.
        assert offered.asked.count(("/@stub/plain/-/plain-1.0.0.tgz", "")) >= 4
    assert not (tmp_path / "dist").exists()
