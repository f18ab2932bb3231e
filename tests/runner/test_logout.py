"""Whether work would end at logout: by what systemd and logind answer."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from convscope.core.runner.logout import ends_at_logout

SESSION = "0::/user.slice/user-1000.slice/session-3.scope\n"
OLD_SESSION = "12:pids:/user.slice/user-1000.slice\n1:name=systemd:/user.slice/session-c2.scope\n"
DESKTOP = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-kitty-7.scope\n"
OWN_SCOPE = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-r1.scope\n"
BATCH_JOB = "0::/system.slice/slurmstepd.scope/job_1/step_0/user/task_0\n"

KILLS = "b true\nas 0\nas 0\n"
SPARES = "b false\nas 0\nas 0\n"

Ask = Callable[..., bool]


@pytest.fixture
def ends(tmp_path: Path) -> Ask:
    """Ask for the user kim on a machine of these answers."""

    def ask(
        cgroup: str, answer: str = KILLS, *, lingers: bool = False, booted: bool = True, user="kim"
    ) -> bool:
        for name, is_there in {
            "systemd": booted,
            "linger": True,
            f"linger/{user}": lingers,
        }.items():
            if is_there:
                (tmp_path / name).mkdir()
        (tmp_path / "cgroup").write_text(cgroup)
        (tmp_path / "answer").write_text(answer)
        return ends_at_logout(
            booted=tmp_path / "systemd",
            cgroup=tmp_path / "cgroup",
            lingering=tmp_path / "linger",
            ask_logind=["cat", str(tmp_path / "answer")],
            patience=10,
            user=user,
        )

    return ask


@pytest.mark.parametrize("cgroup", [SESSION, OLD_SESSION])
def test_a_login_takes_its_work_along_where_logind_kills(ends: Ask, cgroup: str) -> None:
    assert ends(cgroup, KILLS)


def test_a_login_leaves_its_work_where_logind_does_not_kill(ends: Ask) -> None:
    assert not ends(SESSION, SPARES)


def test_lingering_alone_saves_nothing_in_a_logins_own_scope(ends: Ask) -> None:
    assert ends(SESSION, KILLS, lingers=True)


def test_both_steps_of_the_remedy_together_save_the_work(ends: Ask) -> None:
    assert not ends(OWN_SCOPE, KILLS, lingers=True)


@pytest.mark.parametrize("cgroup", [DESKTOP, OWN_SCOPE])
def test_the_users_service_manager_ends_with_the_last_login(ends: Ask, cgroup: str) -> None:
    assert ends(cgroup, SPARES, lingers=False)


def test_a_batch_job_does_not_depend_on_logins(ends: Ask) -> None:
    assert not ends(BATCH_JOB, KILLS)


def test_without_systemd_nothing_ends_at_logout(ends: Ask) -> None:
    assert not ends(SESSION, KILLS, booted=False)


@pytest.mark.parametrize(
    ("user", "answer", "expected"),
    [
        ("root", KILLS, False),
        ("root", 'b true\nas 0\nas 1 "lee"\n', True),
        ("kim", 'b true\nas 0\nas 2 "root" "kim"\n', False),
        ("kim", 'b true\nas 1 "lee"\nas 1 "root"\n', False),
        ("kim", 'b false\nas 1 "kim"\nas 1 "root"\n', True),
    ],
)
def test_logind_may_name_whom_it_kills_and_spares(
    ends: Ask, user: str, answer: str, expected: bool
) -> None:
    assert ends(SESSION, answer, user=user) is expected


@pytest.mark.parametrize("answer", ["", "b true\n", 'b true\nas 1 "\nas 0\n', "\n\n\n\n"])
def test_an_answer_that_is_not_understood_counts_as_no(ends: Ask, answer: str) -> None:
    assert not ends(SESSION, answer)


@pytest.mark.parametrize(
    "command",
    [
        ["no-such-command-as-busctl"],
        [sys.executable, "-c", "raise SystemExit('Failed to connect to bus')"],
        [sys.executable, "-c", "import signal; signal.pause()"],
    ],
)
def test_no_answer_counts_as_no(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "cgroup").write_text(SESSION)
    assert not ends_at_logout(
        booted=tmp_path, cgroup=tmp_path / "cgroup", ask_logind=command, patience=0.2, user="kim"
    )


def test_no_control_groups_count_as_no(tmp_path: Path) -> None:
    assert not ends_at_logout(booted=tmp_path, cgroup=tmp_path / "none", ask_logind=["true"])
