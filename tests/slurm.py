"""A real Slurm of one node on the loopback address, with two pretended GPUs. Needs root."""

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.running import until

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol")

_CONF = """
ClusterName=convscope
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={daemon}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation={folder}/controller
SlurmdSpoolDir={folder}/daemon
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=5
InactiveLimit=0
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmctldParameters=preempt_send_user_signal
SchedulerParameters=sched_interval=2,bf_interval=2
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 Sockets=1 CoresPerSocket=4 ThreadsPerCore=1 \
RealMemory=1000 Gres=gpu:fake:2
PartitionName=gpu Nodes={host} Default=YES PriorityTier=1 GraceTime=10
PartitionName=urgent Nodes={host} PriorityTier=10 PreemptMode=OFF
"""


class Slurm:
    """The daemons, and what one asks them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        os.environ["SLURM_CONF"] = str(folder / "slurm.conf")

    def start(self) -> None:
        """Start all daemons, and wait until the node takes jobs."""
        folder = self._folder
        (folder / "munge.key").write_bytes(os.urandom(128))
        (folder / "munge.key").chmod(0o600)
        names = [f"--{kind}-file={folder}/munge.{kind}" for kind in ("key", "pid", "log", "seed")]
        self._start("munged", "--foreground", "--force", f"--socket={folder}/munge.socket", *names)
        until((folder / "munge.socket").exists, 20)
        self._start("slurmctld", "-D", "-i")
        self.start_slurmd()
        until(self._is_idle, 60)

    def start_slurmd(self) -> None:
        """Start the node's daemon."""
        self._start("slurmd", "-D")

    def kill_slurmd(self) -> None:
        """Kill the node's daemon; its jobs go on."""
        self._processes["slurmd"].kill()
        self._processes["slurmd"].wait()

    def kill_stepd(self, job: str) -> None:
        """Kill the process that looks after one job's."""
        for each in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if f"slurmstepd: [{job}." in " ".join(each.cmdline()):
                    each.kill()

    def stop(self) -> None:
        """End all daemons and jobs."""
        with contextlib.suppress(subprocess.SubprocessError):
            ask("scancel", "--user=root")
            until(lambda: not ask("squeue", "--noheader"), 30)
        for process in reversed(self._processes.values()):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self, program: str, *options: str) -> None:
        log = self._folder / f"{program}.out"
        with log.open("ab") as file:
            self._processes[program] = subprocess.Popen(
                [program, *options], stdout=file, stderr=file, start_new_session=True
            )

    def _is_idle(self) -> bool:
        for name, process in self._processes.items():
            if process.poll() is not None:
                told = (self._folder / f"{name}.out").read_text(errors="replace")
                pytest.skip(f"{name} does not run here: {told.strip()[-200:]}")
        try:
            return "idle" in ask("sinfo", "--noheader", "--format=%t", "--partition=gpu")
        except subprocess.CalledProcessError:
            return False


def ask(*command: str) -> str:
    """Return what one of Slurm's commands says."""
    ended = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    return ended.stdout.strip()


@contextlib.contextmanager
def slurm(folder: Path) -> Iterator[Slurm]:
    """A Slurm below a folder; skips where there is none or it may not run."""
    if missing := [name for name in PROGRAMS if shutil.which(name) is None]:
        pytest.skip(f"there is no {missing[0]} (Debian's slurm-wlm has it)")
    if os.geteuid() != 0:
        pytest.skip("Slurm's daemons need root")
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    for name in ("controller", "daemon"):
        (folder / name).mkdir()
    host = socket.gethostname().partition(".")[0]
    try:
        for number in range(2):  # Slurm wants a device's file, whatever the device is
            os.mknod(folder / f"gpu{number}", 0o20666, os.makedev(1, 3))
    except OSError as error:
        pytest.skip(f"no device can be pretended here ({error.strerror})")
    (folder / "gres.conf").write_text(f"Name=gpu Type=fake File={folder}/gpu[0-1]\n")
    (folder / "slurm.conf").write_text(
        _CONF.format(host=host, folder=folder, controller=_port(), daemon=_port())
    )
    found = Slurm(folder)
    try:
        found.start()
        yield found
    finally:
        found.stop()
        os.environ.pop("SLURM_CONF", None)


def _port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
