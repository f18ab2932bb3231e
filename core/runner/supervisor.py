"""The supervisor: one for each state folder; it keeps a worker on each device while there is work.

It computes nothing and imports no torch, so it is small, and lives on when a worker is killed.
"""

import logging
import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

from convscope.core.gallery.rescue import open_queue, rescue
from convscope.core.jobs.claims import overdue, recover
from convscope.core.jobs.database import QueueDamagedError, QueueError
from convscope.core.jobs.leases import boot_seconds
from convscope.core.jobs.store import remembered_galleries
from convscope.core.runner.client import RunnerStatus, WorkerStatus, runner_command, write_status
from convscope.core.runner.cluster.files import (
    REMOTE,
    SLOT,
    cluster_command,
    read_settings,
    remote_workers,
)
from convscope.core.runner.crash_guard import BegunJobs
from convscope.core.runner.installed import InstalledCode
from convscope.core.runner.live import live_box
from convscope.core.runner.logout import REMEDY, ends_at_logout
from convscope.core.runner.paths import worker_lock
from convscope.core.runner.process import DAMAGED, NEEDED_BYTES, USELESS
from convscope.core.runner.slot_processes import WAITS_FOR_ROOM, SlotWorker, errors_file, last_words
from convscope.core.runner.slots import Slot, find_slots, free_memory
from convscope.core.runner.sweeping import sweep, sweep_checkpoints
from convscope.core.runner.trials import Trials
from convscope.core.runner.wishes import wish_box
from convscope.core.system.errors import UserError
from convscope.core.system.locks import holder, send
from convscope.core.system.mounts import filesystem_of, is_network
from convscope.core.system.text import printable

TICK_SECONDS = 0.1
LOOK_SECONDS = 1.0
"""How often it looks for dead workers and for work that nobody does."""
END_SECONDS = 1.0
"""A supervisor that has had nothing to do for so long ends."""
JOBS_A_WORKER = 16
"""A further device is started where at least so many jobs wait for each worker there is."""
CHECK_SECONDS = 30.0
"""How often the whole queue is looked through for damage, and for checkpoints of ended jobs."""
KILL_SECONDS = 5.0
"""A worker that was asked to end at once is killed after so long."""
HANG_SECONDS = 20.0
"""A worker that holds its lock and does not renew its lease is killed after so long."""
WAITS_FOR_CODE = "waits until convscope is installed completely"

log = logging.getLogger("convscope.runner")


class Supervisor:
    """Keeps the workers of a state folder; the caller holds its lock.

    Args:
        state: the state folder.
        device: of the workers; ``auto`` is every GPU, or the CPU.
        code: as it was when this process began.
        foreground: whether it stays when there is nothing to do.

    Raises:
        UserError: the queue cannot be opened.
    """

    def __init__(
        self, state: Path, device: str, code: InstalledCode, *, foreground: bool = False
    ) -> None:
        self._state, self._device, self._code = state, device, code
        self._foreground = foreground
        self._workers = [SlotWorker(slot) for slot in find_slots(device)]
        self._coordinator = SlotWorker(Slot(SLOT, SLOT))
        """Of workers on other machines, where there is to be one."""
        self._remote: list[WorkerStatus] = []
        self._makes_itself = True
        """Whether workers here are to make what is queued, and not only those elsewhere."""
        self._advice: list[str] = []
        self._given_up: list[str] = []
        self._store, rescued = open_queue(state, thorough=True)
        self._rescued: list[str] = []
        self._note_rescue(rescued)
        self._wishes = wish_box(state)
        self._trials = Trials()
        self._stops: list[int] = []
        """Signals that asked to end."""
        self._asked = 0
        """How often the workers were asked to end; the second time it is at once."""
        self._is_replaced = False
        self._hanging: dict[str, float] = {}
        """Workers whose lease ran out, and when that was first seen."""
        self._told: RunnerStatus | None = None
        self._is_swept = False
        """Whether what dead processes left is removed, or is being removed."""
        self._sweeping: threading.Thread | None = None
        self._check_at = time.monotonic() + CHECK_SECONDS  # it was checked as it was opened
        shown = live_box(state)
        for slot in shown.senders():  # of devices with other names now
            if holder(worker_lock(state, slot)) is None:
                shown.clear(slot)

    @property
    def is_replaced(self) -> bool:
        """Whether it ended so that the code that is installed by now goes on in its place."""
        return self._is_replaced and not self._stops

    def stop(self, number: int) -> None:
        """Ask the workers to end, a second time at once; safe to call from a signal handler."""
        self._stops.append(number)

    def run(self) -> int:
        """Work until stopped, or until there is nothing to do; returns the exit code."""
        next_look, useful_at, kill_at = 0.0, time.monotonic(), 0.0
        is_examined = False
        while True:
            for worker in self._everyone:
                self._reap(worker)
            runs = any(worker.runs for worker in self._everyone)
            if (self._stops or self._is_replaced) and not runs:
                self._recover()  # what was ended at once
                return 128 + self._stops[-1] if self._stops else 0
            while self._asked < len(self._stops):
                self._ask_to_end()
                kill_at = time.monotonic() + KILL_SECONDS
            if self._asked > 1 and time.monotonic() > kill_at:
                self._signal(signal.SIGKILL)  # it was stopped, or hangs in its driver
            is_due = time.monotonic() >= next_look
            if is_due:
                next_look = time.monotonic() + LOOK_SECONDS
            if is_due and self._stops:
                with suppress(QueueError):  # the next supervisor sees to it
                    self._end_hanging()
            elif is_due:
                is_useful = self._look()
                if not (self._is_swept or self._is_sweeping):
                    self._is_swept = True
                    self._sweep()
                if not is_examined:  # once the first worker is on its way: asking takes a while
                    is_examined = True
                    self._advice += _threats(self._state)
                if (
                    is_useful
                    or any(worker.runs for worker in self._everyone)
                    or self._foreground
                    or self._is_sweeping
                ):
                    useful_at = time.monotonic()
            self._tell()
            if time.monotonic() - useful_at > END_SECONDS and not self._stops:
                self._recover()
                return USELESS if all(worker.is_useless for worker in self._workers) else 0
            time.sleep(TICK_SECONDS)

    # ---- work and workers ------------------------------------------------------------------

    @property
    def _everyone(self) -> list[SlotWorker]:
        """All workers, the coordinator's too."""
        return [*self._workers, self._coordinator]

    def _look(self) -> bool:
        """Recover what was left behind, start who is needed; returns whether there is work."""
        if not self._state.is_dir():  # somebody removed it, with all that was queued there
            self.stop(signal.SIGTERM)
            return False
        is_clustered = self._keep_coordinator()
        try:
            self._end_hanging()
            self._put_back()
            if time.monotonic() >= self._check_at:
                self._check_at = time.monotonic() + CHECK_SECONDS
                self._store.check()  # damage where nobody reads now is met some day
                # Nobody else looks for those of a job that was cancelled while it waited.
                sweep_checkpoints(self._state, self._store)
            for hold in self._trials.over(self._store.holds()):
                log.info("%s is tried again", printable(hold.gallery))
                self._store.lift(hold)
            waiting = self._store.waiting(JOBS_A_WORKER * len(self._workers))
            has_work = self._store.has_work()
        except QueueDamagedError:
            self._rescue()
            return True
        except QueueError as error:  # a full disk: the workers wait for room as well
            log.warning("%s", printable(error))
            return True
        wished = any(wishes.has_any for wishes in self._wishes.read().values())
        wanted = min(len(self._workers), -(-waiting // JOBS_A_WORKER)) or int(wished)
        if not self._makes_itself:
            wanted = 0
        for worker in self._workers:
            if wanted > 0 and (worker.runs or self._start(worker)):
                wanted -= 1
        usable = any(not worker.is_useless for worker in self._workers)
        return is_clustered or (usable and (has_work or wished))

    def _keep_coordinator(self) -> bool:
        """Start the coordinator where one is to run; returns whether that is so."""
        settings = read_settings(self._state)
        if settings is None:
            self._coordinator.condition = ""
        elif not self._coordinator.runs:
            self._start(self._coordinator)
        self._remote = remote_workers(self._state) if settings else []
        self._makes_itself = settings is None or settings.local
        return settings is not None

    def _start(self, worker: SlotWorker) -> bool:
        """Start a worker, unless one failed just now or the GPU is full; returns whether it did."""
        if worker.is_useless or time.monotonic() < worker.start_at:
            return False
        if self._is_replaced or not self._code.is_ours():
            worker.condition = WAITS_FOR_CODE
            self._replace()
            return False
        free = free_memory(worker.slot)
        if free is not None and free < NEEDED_BYTES:
            worker.condition = f"{WAITS_FOR_ROOM} ({free / 2**30:.1f} GB are free)"
            return False
        worker.note_start()
        try:
            worker.process = self._spawn(worker)
        except OSError as error:  # no room for its log, no process left
            worker.condition = f"cannot be started ({error.strerror})"
            log.warning("the worker of %s %s", worker.slot.name, worker.condition)
            return False
        return True

    def _replace(self) -> None:
        """End the workers, and then this process, once the code that is installed can go on.

        A worker would be of that other code, and the two might not understand each other.
        """
        if not self._is_replaced and self._code.is_whole():
            log.info("the installed convscope has changed")
            self._is_replaced = True
            self._ask_to_end()

    def _spawn(self, worker: SlotWorker) -> "subprocess.Popen[bytes]":
        if worker is self._coordinator:
            command = cluster_command("coordinator", "--state", str(self._state))
        else:
            command = self._worker_command(worker)
        with errors_file(self._state, worker.slot).open("wb") as errors:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                # Signals of a terminal are for the supervisor, which passes them on.
                start_new_session=True,
                cwd="/",
                env={**os.environ, **worker.slot.environment},
            )

    def _worker_command(self, worker: SlotWorker) -> list[str]:
        slot = worker.slot
        command = runner_command(self._state, "--device", slot.device, "--slot", slot.name)
        # One worker makes the drafts; a second one would make the same.
        worker.serves_wishes = not any(each.runs and each.serves_wishes for each in self._workers)
        return [*command, "--wishes"] if worker.serves_wishes else command

    def _reap(self, worker: SlotWorker) -> None:
        """Take note of a worker's end, and of one that another supervisor left."""
        if worker.process is None:
            worker.left = holder(worker_lock(self._state, worker.slot.name))
            return
        code = worker.ended()
        if code is None:
            return
        self._is_swept = False
        said = last_words(self._state, worker.slot)
        worker.note_end(code, said)
        if worker.is_useless:
            self._give_up(worker, said)
        if all(each.is_useless and each.slot.is_nvidia for each in self._workers):
            # NVML knows a GPU that this torch cannot use; so torch is to say what it can.
            self._workers = [SlotWorker(Slot("auto", "auto"))]
        is_last_word = code == USELESS and all(each.is_useless for each in self._workers)
        if code != 0 and not is_last_word:  # what it showed last is of no use to anybody
            live_box(self._state).clear(worker.slot.name)
        if code != 0:
            log.warning("the worker of %s %s", worker.slot.name, worker.condition)
        if code == DAMAGED:
            self._rescue()

    def _give_up(self, worker: SlotWorker, why: str) -> None:
        """Tell why no worker is started here any more, and let another one make the drafts."""
        log.warning("%s", why)
        if why not in ("", *self._given_up):
            self._given_up.append(why)
        for other in self._workers:
            if worker.serves_wishes and other.process is not None:
                worker.serves_wishes, other.is_renewed = False, True
                other.process.terminate()  # it puts its pack back, and begins anew as that one

    def _ask_to_end(self) -> None:
        self._asked += 1
        self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> None:
        for worker in self._everyone:
            if worker.process is not None:
                worker.process.send_signal(number)
            else:
                send(worker_lock(self._state, worker.slot.name), number)

    # ---- life and death --------------------------------------------------------------------

    def _put_back(self) -> None:
        """Put back what dead workers left; an end that somebody asked for is no job's fault."""
        left_behind = recover(
            self._store.database, self._lives, blames=self._blames, begun=self._begun
        )
        if left_behind:
            log.info("put back %d jobs that a dead worker left", left_behind)
            self._is_swept = False

    def _blames(self, worker: str) -> bool:
        """Whether a dead worker's jobs may be the cause: a remote one's are with its coordinator.

        That one died here, and they were somewhere else.
        """
        return not self._stops and not worker.startswith(REMOTE)

    def _begun(self, worker: str) -> list[int]:
        return BegunJobs(self._state, worker).read()

    def _recover(self) -> None:
        """See to what the last workers left."""
        try:
            self._put_back()
            sweep_checkpoints(self._state, self._store)
        except QueueError as error:  # the next supervisor does it
            log.warning("%s", printable(error))

    def _lives(self, worker: str) -> bool:
        """Whether a worker is there: it holds its slot's lock, under its own name."""
        found = holder(self._lock_of(worker))
        return found is not None and found.name == worker

    def _end_hanging(self) -> None:
        """Kill workers that have not renewed their lease, though their process is there.

        The lease counts the time a machine sleeps, and a worker that wakes up with it renews it
        within seconds; so it has to be overdue for a while in which this process was awake.
        """
        late = set(overdue(self._store.database))
        if late and not self._can_write():  # then no worker can renew it
            late = set()
        self._hanging = {
            name: self._hanging.get(name, time.monotonic()) for name in late if self._lives(name)
        }
        for name, since in self._hanging.items():
            if time.monotonic() - since > HANG_SECONDS:
                log.warning("worker %s does not answer and is killed", name)
                send(self._lock_of(name), signal.SIGKILL)

    def _can_write(self) -> bool:
        """Whether workers could renew their leases."""
        try:
            with self._store.database.write() as db:
                # Another value: what is there already, SQLite does not write.
                db.execute(
                    "UPDATE workers SET lease = lease - 0.001 WHERE lease < ?", (boot_seconds(),)
                )
        except QueueDamagedError:
            raise
        except QueueError as error:
            log.warning("%s", printable(error))
            return False
        return True

    def _sweep(self) -> None:
        """Remove what dead processes left, beside all else: a gallery may be slow to answer."""
        galleries = {wishes.folder for wishes in self._wishes.read().values()}
        galleries.update(remembered_galleries(self._state))
        self._sweeping = threading.Thread(
            target=sweep, args=(self._state, galleries), name="sweep", daemon=True
        )
        self._sweeping.start()

    @property
    def _is_sweeping(self) -> bool:
        return self._sweeping is not None and self._sweeping.is_alive()

    def _lock_of(self, worker: str) -> Path:
        return worker_lock(self._state, worker.rpartition("-")[0])

    def _rescue(self) -> None:
        """Put a new queue in the place of a damaged one, now or at a later look."""
        try:
            self._note_rescue(rescue(self._state))
        except UserError as error:  # a full disk
            log.warning("%s", printable(error))

    def _note_rescue(self, sentence: str) -> None:
        if sentence:
            log.warning("%s", sentence)
            self._rescued.append(sentence)

    @property
    def _shown(self) -> list[SlotWorker]:
        """Those of whom something is told: of a coordinator only why it does not run."""
        shown = [worker for worker in self._workers if worker.runs or self._makes_itself]
        is_in_trouble = self._coordinator.condition and not self._coordinator.runs
        return [*shown, self._coordinator] if is_in_trouble else shown

    def _tell(self) -> None:
        """Write down how the workers are, when that is news."""
        status = RunnerStatus(
            workers=[worker.status for worker in self._shown] + self._remote,
            advice=list(self._advice),
            given_up=list(self._given_up),
            rescued=list(self._rescued),
            device=self._device,
            foreground=self._foreground,
        )
        if status == self._told:
            return
        try:
            write_status(self._state, status)
            self._told = status
        except OSError as error:
            log.warning("%s", printable(error))


def _threats(state: Path) -> list[str]:
    """Return a sentence with the remedy for each thing here that puts the work at risk."""
    found = [REMEDY] if ends_at_logout() else []
    kind = filesystem_of(state)
    if is_network(kind):
        found.append(
            f"The state folder is on a network filesystem ({printable(kind)}), whose locks are not "
            "reliable; set CONVSCOPE_STATE to a folder of yours on a local disk."
        )
    return found
