"""``convscope cluster`` as a person meets it, where no other machine joins."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from convscope.core.runner.client import stop_runner
from convscope.core.runner.cluster.files import coordinator_runs
from tests.conftest import Ended


def test_nothing_is_on_before_it_is_started(run_here: Callable[..., Ended]) -> None:
    told = run_here("cluster")
    assert told.lines == ["No other machine can join; convscope cluster start lets them."]
    found = json.loads(run_here("cluster", "--json").out)
    assert (found["running"], found["address"], found["workers"]) == (False, None, [])
    assert run_here("cluster", "stop").err == "convscope: No other machine could join.\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--listen", "gpu01"), "should be HOST:PORT"),
        (("--listen", "0.0.0.0:1"), "stands for all networks"),
        (("--workers", "0"), "--workers 0 should be 1 or more."),
    ],
)
def test_bad_input_is_refused(
    run_here: Callable[..., Ended], arguments: tuple[str, ...], sentence: str, tmp_path: Path
) -> None:
    told = run_here("cluster", "start", *arguments)
    assert told.code == 2
    assert sentence in told.err
    assert not coordinator_runs(tmp_path / "state")


def test_a_file_that_is_none_is_refused_by_workers(run_here: Callable[..., Ended]) -> None:
    told = run_here("worker", "run", "--cluster", "nowhere.json")
    assert told.code == 2
    assert told.err.startswith("convscope: nowhere.json cannot be read (No such file")


@pytest.mark.long
def test_it_listens_on_loopback_until_it_is_stopped(
    run_cli: Callable[..., Ended], tmp_path: Path
) -> None:
    state = tmp_path / "state"
    try:
        started = run_cli("cluster", "start", "--no-local")
        assert (started.code, started.lines) == (0, [str(state / "cluster" / "cluster.json")])
        assert "Only workers on this machine can join" in started.err
        assert coordinator_runs(state)
        found = json.loads(run_cli("cluster", "--json").out)
        assert found["running"]
        assert found["address"].startswith("127.0.0.1:")
        assert found["file"] == started.lines[0]
        again = run_cli("cluster", "start", "--no-local")
        assert again.code == 0
        assert json.loads(run_cli("cluster", "--json").out)["address"] == found["address"]
        assert run_cli("cluster", "stop").code == 0
        assert not coordinator_runs(state)
    finally:
        stop_runner(state)
