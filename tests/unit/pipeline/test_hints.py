"""What failures of commands and services are told to do about them. The outputs are those of the programs themselves."""

from __future__ import annotations

import pytest

from pipeline.hints import of_build, of_start


@pytest.mark.parametrize(
    ("output", "key"),
    [
        ("go: a.test/b@v1.0.0: reading https://proxy.test/a.test/b/@v/v1.0.0.mod: 404 Not Found", "go.private"),
        ("go: a.test/b@v1.0.0: reading https://proxy.test/a.test/b/@v/v1.0.0.mod: 410 Gone", "go.private"),
        (
            "go: a.test/b@v1.0.0: verifying go.mod: reading https://sum.test/lookup/a.test/b@v1.0.0: 400 Bad Request",
            "go.private",
        ),
        ("fatal: could not read Username for 'https://git.test': terminal prompts disabled", "`.netrc` in `build.secrets`"),
        ("git@git.test: Permission denied (publickey).", "`.netrc` in `build.secrets`"),
        ('go: a.test/b@v1.0.0: git init --bare in /go/x: exec: "git": executable file not found in $PATH', "`build.packages`"),
        ("go: a.test/b@v1.0.0: reading https://proxy.test/a.test/b/@v/v1.0.0.mod: 502 Bad Gateway", ""),
        ("npm error code E401\nnpm error Incorrect or missing password.", "`.npmrc` in `build.secrets`"),
        ("npm ERR! code E403", "`.npmrc` in `build.secrets`"),
        ("npm error 404 Not Found - GET https://npm.test/@team/ui/-/ui-1.0.0.tgz", "`.npmrc` in `build.secrets`"),
        ("npm error 404 Not Found - GET https://npm.test/@team%2fui", "`.npmrc` in `build.secrets`"),
        ("npm error 404 Not Found - GET https://npm.test/no-such-package", ""),
        (" ERR_PNPM_FETCH_401  GET https://npm.test/ui/-/ui-1.0.0.tgz: Unauthorized - 401", "`.npmrc` in `build.secrets`"),
        (" ERR_PNPM_FETCH_404  GET https://npm.test/@team/ui/-/ui-1.0.0.tgz: Not Found - 404", "`.npmrc` in `build.secrets`"),
        (" ERR_PNPM_FETCH_404  GET https://npm.test/ui/-/ui-1.0.0.tgz: Not Found - 404", ""),
        ('error Error: https://npm.test/ui/-/ui-1.0.0.tgz: Request failed "403 Forbidden"', "`.npmrc` in `build.secrets`"),
        (
            'error Error: https://npm.test/@team/ui/-/ui-1.0.0.tgz: Request failed "404 Not Found"',
            "`.npmrc` in `build.secrets`",
        ),
        ("➤ YN0041: │ @team/ui@npm:1.0.0: Invalid authentication (as an anonymous user)", "`.npmrc` in `build.secrets`"),
        ("➤ YN0035: │   Response Code: 403 (Forbidden)", "`.npmrc` in `build.secrets`"),
        ("➤ YN0035: │ @team/ui@npm:1.0.0: Package not found", "`.npmrc` in `build.secrets`"),
        ("➤ YN0035: │ ui@npm:1.0.0: Package not found", ""),
        ("src/index.ts(1,1): error TS2304", ""),
    ],
)
def test_a_build_that_misses_a_login_is_told_the_key_that_gives_it(output, key):
    hint = of_build(f"before\n{output}\nafter")
    assert key in hint
    assert bool(hint) is bool(key)


@pytest.mark.parametrize(
    ("output", "key"),
    [
        ("listen tcp :80: bind: permission denied", "`port`"),
        ("Error: listen EACCES: permission denied 0.0.0.0:443", "`port`"),
        ("listen tcp :8080: bind: address already in use", ""),
        ("mkdir data: permission denied", "`writable`"),
        ("mkdir /data/a: no such file or directory", "`writable`"),
        ("open /data/x: permission denied", "`writable`"),
        ("open /x: read-only file system", "`writable`"),
        ("listen unix /run/app.sock: bind: permission denied", "`writable`"),
        ("Error: listen EACCES: permission denied /run/app.sock", "`writable`"),
        ("Error: EACCES: permission denied, mkdir '/app/data'", "`writable`"),
        ("Error: ENOENT: no such file or directory, mkdir '/data/a'", "`writable`"),
        ("Error: EROFS: read-only file system, open '/app/a'", "`writable`"),
        ("SQLITE_CANTOPEN: unable to open database file", "`writable`"),
        ("open data/db.json: no such file or directory", "`files`"),
        ("Error: ENOENT: no such file or directory, open 'data/db.json'", "`files`"),
        ("open .env: no such file or directory", ""),
        ("[Error: ENOENT: no such file or directory, open '/app/.env']", ""),
        ("connect: connection refused", ""),
    ],
)
def test_a_service_that_misses_something_in_its_image_is_told_the_key_that_gives_it(output, key):
    hint = of_start(f"before\n{output}\nafter")
    assert key in hint
    assert bool(hint) is bool(key)
