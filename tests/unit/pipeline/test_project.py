"""Settings of the user's package managers: what builds need of them, and nothing else."""

from __future__ import annotations

from pipeline.project import host_settings, npmrc_files


def test_only_what_downloads_need(tmp_path):
    (tmp_path / ".npmrc").write_text(
        "; comment\nregistry=https://npm.example/\n//npm.example/:_authToken=${TOKEN}\n@team:registry=https://team.example/\n"
        "fetch-timeout=5\neditor=vi\ninit-author-name=somebody\nno separator\n"
    )
    environ = {
        "HOME": str(tmp_path),
        "npm_config_registry": "https://other.example/",
        "GOPROXY": "https://go.example",
        "GOBIN": "/x",
    }
    found = host_settings(environ, lambda: npmrc_files(environ))
    assert found.npmrc.splitlines() == [
        "//npm.example/:_authToken=${TOKEN}",
        "@team:registry=https://team.example/",
        "fetch-timeout=5",
        "registry=https://other.example/",
    ]
    assert found.go == {"GOPROXY": "https://go.example"}


def test_a_variable_in_the_file_is_its_value(tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN", "secret")
    (tmp_path / "npmrc").write_text("//npm.example/:_authToken=${TOKEN}\n")
    assert npmrc_files({"npm_config_userconfig": str(tmp_path / "npmrc")})["//npm.example/:_authToken"] == "secret"


def test_no_file_has_no_settings(tmp_path):
    assert host_settings({"HOME": str(tmp_path)}, lambda: npmrc_files({"HOME": str(tmp_path)})).npmrc == ""
