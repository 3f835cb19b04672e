from __future__ import annotations

from daglet.host import CA_PATH, STEP_MOUNTS, HostSettings


def test_a_host_without_settings_gives_commands_nothing():
    settings = HostSettings.from_environment({"HOME": "/root", "SSL_CERT_FILE": "/nonexistent"})
    assert (dict(settings.secrets), dict(settings.secret_files)) == ({}, {})


def test_every_setting_has_its_mount(tmp_path):
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    environ = {"NODE_EXTRA_CA_CERTS": str(bundle), "https_proxy": "http://proxy:1", "NO_PROXY": "internal"}
    settings = HostSettings.from_environment(environ)
    assert settings.secret_files["host-ca"] == bundle
    assert settings.secrets["host-ca-SSL_CERT_FILE"] == CA_PATH
    assert settings.secrets["host-proxy-HTTPS_PROXY"] == "http://proxy:1"
    mounted = "\n".join(STEP_MOUNTS)
    for identity in (*settings.secrets, *settings.secret_files):
        assert f"id={identity}," in mounted
    for variable in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"):
        assert f",env={variable}\n" in f"{mounted}\n"
