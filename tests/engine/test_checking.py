"""What starting an image finds that asking its service for its health from within does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from trees import write

PROGRAM = """\
package main

import "net/http"

func main() {
	http.HandleFunc("/health", func(http.ResponseWriter, *http.Request) {})
	http.ListenAndServe("%s:8080", nil)
}
"""


@pytest.mark.parametrize(("host", "reached"), [("", True), ("127.0.0.1", False), ("[::ffff:127.0.0.1]", False)])
def test_a_service_that_nothing_outside_of_its_container_reaches_fails(workspace, tmp_path, host, reached):
    write(tmp_path, {"go.mod": "module example.com/a\n\ngo 1.26.8\n", "main.go": PROGRAM % host})
    write(tmp_path, {"pipeline.toml": '[services.a]\npath = "."\n'})
    run = replace(workspace, root=tmp_path).pipeline("check")
    assert (run.code == 0) is reached, run.out + run.err
    assert ("it listens on localhost alone" in run.out) is not reached
