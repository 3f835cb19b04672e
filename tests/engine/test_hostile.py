"""A dependency's install script that looks for what is none of its business: this machine's files, variables, processes, session."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import registries
import small

CANARY = "c4n4ry-of-the-host"

# It asks every port on loopback that something listens on, as the session does, on the network that build steps share.
SPY = """\
const fs = require("node:fs"), http = require("node:http");
const read = path => { try { return fs.readFileSync(path, "latin1"); } catch { return ""; } };
const listed = path => { try { return fs.readdirSync(path); } catch { return []; } };
const rows = read("/proc/net/tcp").split("\\n").map(line => line.trim().split(/\\s+/));
const local = rows.filter(row => row[3] === "0A" && row[1].startsWith("0100007F"));
const ports = local.map(row => parseInt(row[1].split(":")[1], 16)).slice(0, 200);
const ask = port => new Promise(done => {
  const options = { host: "127.0.0.1", port, path: "/query", method: "POST", timeout: 1000, headers: { "content-type": "application/json" } };
  const asked = http.request(options, answer => {
    let text = "";
    answer.on("data", part => { text += part; });
    answer.on("end", () => done([answer.statusCode, text.slice(0, 200)]));
  });
  asked.on("error", () => done([0, ""]));
  asked.on("timeout", () => asked.destroy());
  asked.end(JSON.stringify({ query: "{ version }" }));
});
const processes = listed("/proc").filter(name => /^\\d+$/.test(name));
const wanted = JSON.parse(read(__dirname + "/wanted.json"));
Promise.all(ports.map(ask)).then(answers => fs.writeFileSync(__dirname + "/found.json", JSON.stringify({
  answers,
  there: wanted.filter(path => fs.existsSync(path)),
  variables: [process.env, ...processes.map(name => read(`/proc/${name}/environ`))].map(item => JSON.stringify(item)),
  commands: processes.map(name => read(`/proc/${name}/cmdline`)),
})));
"""


@pytest.fixture(scope="module")
def found(make_workspace, tmp_path_factory):
    """What the script found."""
    workspace, root = make_workspace(), tmp_path_factory.mktemp("hostile")
    (root / "secret.txt").write_text(CANARY)
    places = [root / "secret.txt", root, workspace.state, workspace.state / "daglet/buildkitd.sock"]
    with registries.packages("go") as offered:
        offered.offer("@stub/plain", {"index.js": "module.exports = 'plain'\n"})
        offered.offer(
            "@stub/spy",
            {"spy.js": SPY, "wanted.json": json.dumps([*map(str, places)])},
            scripts={"postinstall": "node spy.js"},
            hasInstallScript=True,
        )
        small.write(root, offered)
        settings = {"npm_config_registry": f"{offered.address}/", "HOST_CANARY": CANARY}
        made = replace(workspace, root=root, settings=settings)
        run = made.pipeline("build", "web")
        assert run.code == 0, run.out + run.err
        return json.loads(made.image("web").contents["app/node_modules/@stub/spy/found.json"])


def test_it_finds_no_file_of_the_host(found):
    assert found["there"] == []


def test_it_sees_no_variable_and_no_process_of_the_host(found):
    assert any("npm_lifecycle_event" in text for text in found["variables"])
    assert [text for text in found["variables"] if CANARY in text or "DAGGER_SESSION" in text] == []
    assert any("spy.js" in words for words in found["commands"])
    assert [words for words in found["commands"] if "pipeline" in words and "build" in words.split("\0")] == []


def test_the_session_tells_it_nothing(found):
    statuses = [status for status, _ in found["answers"]]
    assert 401 in statuses
    assert [text for status, text in found["answers"] if status == 200 and "version" in text] == []
