"""Where a Dagger Engine installs the module, its code and the client that the engine laid there are compiled, once."""

from __future__ import annotations

import importlib.util

import pytest


@pytest.fixture
def compiled(tmp_path, request):
    """Install a folder as a build of a version, and name what was compiled."""
    spec = importlib.util.spec_from_file_location("hatch_build", request.config.rootpath / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def install(version, *sources):
        for source in sources:
            path = tmp_path / source
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("WORD = 'here'\n")
        module.Bytecode(str(tmp_path), {}, None, None, "", "wheel").initialize(version, {})
        return sorted(path.name.partition(".")[0] for path in tmp_path.rglob("*.pyc"))

    return install


def test_the_module_and_the_engines_client(compiled):
    assert compiled("editable", "src/pipeline/module.py", "sdk/src/dagger/gen.py") == ["gen", "module"]


def test_nothing_where_no_engine_installs(compiled):
    assert compiled("editable", "src/pipeline/module.py") == []


def test_nothing_for_a_wheel_that_is_installed_by_copies(compiled):
    assert compiled("standard", "src/pipeline/module.py", "sdk/src/dagger/gen.py") == []
