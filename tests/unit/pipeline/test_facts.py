"""Cache facts: what a stage's stamp and inputs say."""

from __future__ import annotations

import shutil

import pytest

from pipeline import facts
from pipeline.facts import InputRecord, Memory
from pipeline.graph import Inputs, ServiceGraph, Stage
from pipeline.stages.stamp import Stamp, bare, stage_of


def stage(name, *needs, command=("run",)):
    return Stage(name, needs, None, Inputs(command=command))


GRAPH = ServiceGraph(
    "s",
    "go",
    (stage("deps"), stage("build", "deps"), stage("config", command=()), stage("runtime", "build", "config", command=())),
    (),
)
NAMES = [item.name for item in GRAPH.stages]
OLD = {name: InputRecord(files={f"sources/{name}.txt": "1"}) for name in NAMES}


def judged(stamps, now, before=OLD, restored=None):
    return {fact.name: fact for fact in facts.judge(GRAPH, "now", stamps, now, before, restored or {})}


def test_unchanged():
    found = judged({"deps": Stamp("old", 9.0), "build": Stamp("old", 2.0)}, OLD)
    assert {fact.status for fact in found.values()} == {"cached"}
    assert found["deps"].saved_seconds == 9.0


def test_a_source_edit():
    now = {**OLD, "build": InputRecord(files={"sources/build.txt": "2"})}
    found = judged({"deps": Stamp("old", 9.0), "build": Stamp("now", 2.0)}, now)
    assert [found[name].status for name in NAMES] == ["cached", "executed", "cached", "executed"]
    assert found["build"].reason == "file: build.txt"
    assert found["runtime"].reason == "stage: build"


def test_without_a_record_the_stamps_tell_alone():
    cached = judged({"deps": Stamp("old", 9.0), "build": Stamp("old", 2.0)}, {}, {})
    assert {fact.status for fact in cached.values()} == {"cached"}
    built = judged({"deps": Stamp("old", 9.0), "build": Stamp("now", 2.0)}, {}, {})
    assert [built[name].status for name in NAMES] == ["cached", "executed", "cached", "executed"]
    assert built["build"].reason == "no earlier result in this engine's cache"


def test_a_config_edit_starts_no_compiler():
    now = {**OLD, "config": InputRecord(files={"config/config.txt": "2", "sources/config.txt": "1"})}
    found = judged({"deps": Stamp("old", 9.0), "build": Stamp("old", 2.0)}, now)
    assert [found[name].status for name in NAMES] == ["cached", "cached", "executed", "executed"]


def test_what_ran_without_a_change_had_no_result_in_the_cache():
    found = judged({"deps": Stamp("now", 9.0), "build": Stamp("old", 2.0)}, OLD)
    assert "no earlier result" in found["deps"].reason


def test_a_stamp_outweighs_a_record():
    now = {**OLD, "build": InputRecord(files={"sources/build.txt": "2"})}
    assert judged({"deps": Stamp("old", 1.0), "build": Stamp("old", 1.0)}, now)["build"].status == "cached"


def test_after_a_failure_the_rest_is_skipped():
    assert [(fact.name, fact.status) for fact in facts.failed(GRAPH, "build")] == [("build", "failed"), ("runtime", "skipped")]


def test_memory_survives_nonsense(tmp_path):
    memory = Memory(tmp_path / "m.json")
    assert memory.recall() == {}
    memory.store({"deps": InputRecord("base", ("a",), {"V": "1"}, {"f": "2"})})
    assert memory.recall() == {"deps": InputRecord("base", ("a",), {"V": "1"}, {"f": "2"})}
    (tmp_path / "m.json").write_text("{")
    assert memory.recall() == {}


def test_stamps():
    assert Stamp.parse("r1 10.50 12.75 1764061749.123456789\n") == Stamp("r1", 2.25, 1764061749.123)
    with pytest.raises(ValueError, match="not enough"):
        Stamp.parse("r1")
    assert bare(("npm", "ci")) == ("npm", "ci")
    assert stage_of(("npm", "ci")) == ""


class Tree:
    """A directory of the API that counts how often its files travel."""

    def __init__(self, folder):
        self.folder, self.exports = folder, 0

    async def digest(self):
        return str({path.name: path.read_text() for path in self.folder.iterdir() if path.is_file()})

    async def export(self, target):
        self.exports += 1
        shutil.copytree(self.folder, target, dirs_exist_ok=True)


async def test_files_of_an_unchanged_tree_do_not_travel_again(tmp_path):
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/a.txt").write_text("1")
    tree = Tree(tmp_path / "tree")
    made = Stage("build", (), None, Inputs(sources={"sources": tree}, contents={"package.json": "{}"}))
    first = await facts.record(made, InputRecord(), tmp_path / "first")
    assert sorted(first.files) == ["made/package.json", "sources/a.txt"]
    assert await facts.record(made, first, tmp_path / "second") == first
    assert tree.exports == 1
    (tmp_path / "tree/a.txt").write_text("2")
    assert (await facts.record(made, first, tmp_path / "third")).files["sources/a.txt"] != first.files["sources/a.txt"]


def test_what_was_restored_saved_what_it_took_elsewhere():
    part = ServiceGraph("s", "go", GRAPH.stages[1:], ())
    found = facts.judge(part, "now", {}, OLD, OLD, {"build": 12.5})
    assert [(fact.name, fact.status, fact.saved_seconds) for fact in found] == [
        ("build", "restored", 12.5),
        ("config", "cached", 0.0),
        ("runtime", "cached", 0.0),
    ]


def test_without_a_folder_nothing_is_remembered(tmp_path):
    memory = Memory.of(None, tmp_path, "s")
    memory.store(OLD)
    assert not memory.keeps
    assert memory.recall() == {}
    assert Memory.of(tmp_path, tmp_path, "s").keeps


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "index.js").chmod(0o600),
        lambda root: (root / "index.js").chmod(0o755),
        lambda root: (root / "uploads").rmdir(),
        lambda root: (root / "src").chmod(0o700),
        lambda root: (root / "src/a.js").write_text("b"),
    ],
)
async def test_whatever_of_a_tree_reaches_an_image_is_an_input(tmp_path, change):
    root = tmp_path / "tree"
    for folder in (root / "src", root / "uploads"):
        folder.mkdir(parents=True)
        folder.chmod(0o755)
    for path in (root / "index.js", root / "src/a.js"):
        path.write_text("a")
        path.chmod(0o644)
    taken = Stage("runtime", (), None, Inputs(sources={"sources": Tree(root)}))
    before = await facts.record(taken, InputRecord(), tmp_path / "before")
    assert before.files["sources/index.js"] == before.files["sources/src/a.js"]
    change(root)
    assert (await facts.record(taken, InputRecord(), tmp_path / "after")).files != before.files
