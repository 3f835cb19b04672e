"""The page: what stands in it, and that it needs nothing beside itself."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
import runs

from pipeline.bases.oci import make_layer, write_archive
from pipeline.images import LayerFile, content
from pipeline.report import drawing
from pipeline.report.html import duration, page, size
from pipeline.report.model import StageResult, instant
from pipeline.report.timeline import Span, timeline

VOID = {"meta", "link", "br", "rect", "path", "polygon", "polyline"}


class Page(HTMLParser):
    """What a browser would find: the text, every attribute, and whether each element is closed."""

    def __init__(self, text):
        super().__init__()
        self.attributes, self.texts, self.open, self.ids = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, _, attrs):
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


@pytest.fixture
def last(tmp_path):
    """The page of a run that failed, with an image of two layers beside it."""
    return Page(page(runs.many(12)[-1], runs.many(12), archived(tmp_path)))


def archived(folder):
    (folder / "images").mkdir()
    small = make_layer(folder / "small", 1, lambda tree: tree.file("etc/passwd", b"root\n" * 10))
    large = make_layer(folder / "large", 1, lambda tree: tree.file("app/server", b"\0" * 3_000_000))
    write_archive(folder / "images" / "api-gateway.tar", "linux/amd64", [small, large], {})
    return folder


def test_every_element_is_closed_and_every_id_is_one(last):
    assert last.open == []
    assert len(last.ids) == len(set(last.ids))


def test_it_needs_no_network_and_no_other_file(last):
    links = [value for name, value in last.attributes if name in {"src", "href", "data", "action", "srcset"}]
    assert links == ["data:,"]
    style = "".join(last.texts)
    assert "url(" not in style
    assert "@import" not in style
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'; img-src data:") in last.attributes


def test_what_people_look_for_is_there(last):
    for expected in (
        "example.test/shop",
        "2 of 3",
        'main.go:3:1: syntax error: <unexpected> & "odd"',
        "file: src/index.ts",
        "/app/server",
        "3.0 MB",
        "images/auth-service.tar is not beside this report",
        "The last 12 runs that are recorded here",
    ):
        assert expected in last.text
    assert re.search(r"deps ✓ cached, saved 10\.3 s", last.text)


def test_without_a_record_there_are_no_trends(tmp_path):
    text = Page(page(runs.many(1)[0], (), tmp_path)).text
    assert "Timeline" in text
    assert "Trends" not in text


def test_nothing_ran(tmp_path):
    api = runs.node("api", runs.begun(0), install=1, compile_=1, size=3, cached=("deps", "build", "prod-deps"))
    assert "None did: every stage came from the cache." in Page(page(runs.run(0, api), (), tmp_path)).text


def test_the_timeline_is_when_stages_ran():
    cold, _, _ = timeline(runs.many(1)[0]).services
    deps, build, prod_deps, runtime = cold.stages
    assert build.span.left == pytest.approx(deps.span.left + deps.span.width, abs=0.01)
    assert prod_deps.span.left == deps.span.left
    assert runtime.span is None
    assert [stage.stage.name for stage in cold.stages if stage.critical] == ["deps", "build"]
    assert cold.last


def test_only_the_service_that_ended_last_is_waited_for():
    services = timeline(runs.many(2)[1]).services
    assert [service.last for service in services] == [True, False, False]
    assert not any(stage.critical for service in services[1:] for stage in service.stages)


def test_a_clock_that_is_off_leads_out_of_no_page():
    late = runs.go("late", runs.begun(1), compile_=2, size=4)
    stages = [stage.model_copy(update={"started": instant(runs.begun(1) + 99)}) for stage in late.stages]
    [row] = timeline(runs.run(1, late.model_copy(update={"stages": tuple(stages)}))).services
    assert row.stages[0].span == Span(100, 0)


def test_ticks_are_round_and_few():
    ticks = timeline(runs.run(1, runs.go("a", runs.begun(1), compile_=273, size=4))).ticks
    assert [label for label, _ in ticks] == ["0 s", "50 s", "100 s", "150 s", "200 s", "250 s"]
    assert timeline(runs.run(1)).ticks


def test_a_graph_has_its_stages_in_columns():
    drawn = drawing.graph(runs.many(1)[0].services[0].stages)
    at = {node.stage.name: (node.x, node.y) for node in drawn.nodes}
    assert at["deps"][0] == at["prod-deps"][0] < at["build"][0] < at["runtime"][0]
    assert at["deps"][1] < at["prod-deps"][1]
    assert len(drawn.edges) == 3
    assert drawing.graph([StageResult(name="alone", needs=("gone",), status="failed")]).edges == ()


def test_a_chart_of_one_value_is_a_line_and_of_nothing_flat():
    assert drawing.chart([5.0]).line == "4,4 296,4"
    assert drawing.chart([0.0, 0.0]).line == "4,52 296,52"
    assert drawing.chart([1.0, 2.0]).line == "4,28 296,4"


def test_figures_for_people():
    assert [duration(value) for value in (0, 9.96, 61, 3599)] == ["0.0 s", "10.0 s", "1 m 01 s", "59 m 59 s"]
    assert [size(value) for value in (0, 999, 1500, 2_340_000, 5_000_000_000)] == [
        "0 B",
        "999 B",
        "1.5 kB",
        "2.3 MB",
        "5000.0 MB",
    ]


def test_an_images_content(tmp_path):
    known = {}
    layers = content(archived(tmp_path) / "images" / "api-gateway.tar", 5, known)
    assert [(layer.files, layer.uncompressed) for layer in layers] == [(1, 50), (1, 3_000_000)]
    assert layers[1].largest == (LayerFile("/app/server", 3_000_000),)
    assert list(known.values()) == list(layers)
