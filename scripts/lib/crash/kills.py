"""SIGKILL at random moments of everything that a client and a server do, under load.

A round: every device works at once (a sync, an import, a new code, or two programs on one store), and some of them and
perhaps the server are killed on the way, each at a moment of its own. After each round:

  - no store holds less than before, and every code whose making was confirmed is there;
  - the stores whose program was cut off are clean (`variorum check`) before anything repairs them;
  - the server, started again, holds every change that any device had been told is acknowledged, and sends it;
  - every device's sync completes, and nothing is left to send;
  - every change that a device held after the kill is on that device, on the server and on the others;
  - every tenth time and at the end, all stores are clean and agree in the merged state of every layer that they share,
    and the server's tables agree with one another.

What is held and acknowledged is read from the databases themselves, beside the programs.
"""

import os
import shutil
import signal
import threading
import time

from . import world
from .world import Violation, covers, require, vectors

# Kills before a new team begins: checking a store takes as long as its history.
KILLS_PER_TEAM = 60


class Totals:
    def __init__(self):
        self.lock = threading.Lock()
        # Killed while they worked, by what they did; `serve` is the server.
        self.killed = {}
        # Killed after their end.
        self.misses = 0
        self.changes = self.rounds = self.pairs = 0
        # Programs that were cut off (by their own or the server's end), and those that came to their end meanwhile.
        self.cut = self.completed = 0
        # How long each thing takes, in seconds: kills fall within it.
        self.seconds = {"sync": 0.08, "import": 0.06, "code": 0.03}

    @property
    def hits(self):
        return sum(self.killed.values())

    def count_kill(self, deed):
        with self.lock:
            self.killed[deed] = self.killed.get(deed, 0) + 1

    def learn(self, deed, seconds):
        with self.lock:
            self.seconds[deed] = 0.9 * self.seconds[deed] + 0.1 * seconds


class Job:
    """One program at work on a store."""

    def __init__(self, device, deed, chance, delay):
        self.device, self.deed, self.is_hit, self.name = device, deed, False, None
        # When to kill it, in seconds from its start; None: never.
        self.delay, self.timer = delay, None
        if deed == "code":
            self.name = f"code {chance.getrandbits(64):x}"
            self.arguments = ["code", "add", self.name] + (["--private"] if chance.random() < 0.3 else [])
        elif deed == "import":
            folder = f"texts-{chance.getrandbits(32):x}"
            world.write_texts(chance, os.path.join(device.folder, folder))
            self.arguments = ["import", folder]
        else:
            self.arguments = ["sync", "--attempts", "1", "--json"]

    def start(self):
        self.started = time.monotonic()
        self.process = self.device.start(*self.arguments)
        if self.delay is not None:
            self.timer = threading.Timer(self.started + self.delay - time.monotonic(), self.kill)
            self.timer.start()

    def kill(self):
        self.is_hit = self.process.poll() is None
        self.process.send_signal(signal.SIGKILL)


class Team:
    """One team, from its first change on."""

    def __init__(self, binaries, folder, seed, totals):
        self.totals, self.folder = totals, folder
        self.chance = world.dice(seed)
        self.server = world.Server(os.path.join(binaries, "variorumd"), folder)
        self.server.make("ana", "ben")
        self.server.start()
        client = os.path.join(binaries, "variorum")
        names = (("laptop", "ana"), ("tablet", "ana"), ("desk", "ben"), ("phone", "ben"))
        self.devices = [world.Device(client, folder, *pair) for pair in names]
        # Never killed: tells what the server sends.
        self.witness = world.Device(client, folder, "witness", "ana")
        for device in self.devices + [self.witness]:
            device.join(self.server)

    def live(self, goal):
        rounds = 0
        while self.totals.hits < goal() and rounds < 40:
            self.work()
            self.settle(*self.storm())
            rounds += 1
            changes = world.compare_everything(self.server, self.devices + [self.witness], rounds % 10 == 0)
            with self.totals.lock:
                self.totals.rounds += 1
            if rounds % 10 == 0:
                world.audit_server(self.server.database)
        world.compare_states(self.devices + [self.witness])
        world.audit_server(self.server.database)
        self.server.stop()
        with self.totals.lock:
            self.totals.changes += changes

    def work(self):
        """Something to send, undisturbed, for most devices."""
        for device in self.devices:
            if self.chance.random() < 0.5:
                name = f"code {self.chance.getrandbits(64):x}"
                device.run("code", "add", name, *(["--private"] if self.chance.random() < 0.3 else []))
                device.promised.add(name)
                device.made = device.held()

    def storm(self):
        """Everybody works at once, some are killed; gives back whether the server was, and whose programs were cut off."""
        chance, totals = self.chance, self.totals
        before = {device: device.held() for device in self.devices}
        kinds = {device: chance.choices(["sync", "import", "code"], [5, 2, 2])[0] for device in self.devices}
        if chance.random() < 0.25:
            # Several clients push at once, the server dies under them.
            kinds = {device: "sync" for device in self.devices}
        jobs = []
        for device, deed in kinds.items():
            deeds = [deed]
            # Two programs on one store.
            if chance.random() < 0.3:
                deeds.append(chance.choice(["code", "import", "sync"]))
                totals.pairs += 1
            for deed in deeds:
                is_victim = chance.random() < 0.6
                delay = chance.uniform(0.05, 1) * totals.seconds[deed] if is_victim else None
                jobs.append(Job(device, deed, chance, delay))
        chance.shuffle(jobs)
        server_delay = chance.uniform(0.1, 1.1) * totals.seconds["sync"] if chance.random() < 0.35 else None
        started = time.monotonic()
        for job in jobs:
            job.start()
        if server_delay is not None:
            time.sleep(max(0, started + server_delay - time.monotonic()))
            is_busy = any(job.deed == "sync" and job.process.poll() is None for job in jobs)
            self.server.kill()
            if is_busy:
                totals.count_kill("serve")
            else:
                totals.misses += 1
        killed_server = server_delay is not None
        interrupted = {job.device for job in jobs if self.end(job, killed_server)}
        for device in self.devices:
            now = device.held()
            covers(now, before[device], f"{device.name} holds less than before")
            device.keeps_promises()
            device.made = now
        return killed_server, interrupted

    def end(self, job, killed_server):
        """Waits for a program; gives back whether it was cut off. Everything but being killed or alone is a fault."""
        _, errors = job.process.communicate()
        seconds = time.monotonic() - job.started
        if job.timer:
            job.timer.join()
            if job.is_hit:
                self.totals.count_kill(job.deed)
            else:
                self.totals.misses += 1
        code = job.process.returncode
        if code == 0:
            self.totals.completed += 1
            self.totals.learn(job.deed, seconds)
            if job.name:
                job.device.promised.add(job.name)
            return False
        self.totals.cut += 1
        if code == -signal.SIGKILL:
            return True
        # 69: the server was away.
        require(job.deed == "sync" and killed_server and code == 69,
                f"{job.device.name}: {job.deed} ended with {code}: {errors.strip()}")
        return True

    def settle(self, killed_server, interrupted):
        for device in interrupted:
            device.check()
        acknowledged = {device: device.acknowledged() for device in self.devices}
        if killed_server:
            self.server.start()
        at_server = vectors(self.server.database, "seq")
        for device, chains in acknowledged.items():
            covers(at_server, chains, f"the server lacks what it acknowledged to {device.name}")
        self.witness.run("sync")
        seen = self.witness.held()
        for device, chains in acknowledged.items():
            covers(seen, chains, f"the server does not send what it acknowledged to {device.name}", everywhere=False)
        # What the last of them send, the first fetch in the second round.
        for device in self.devices + self.devices[:-1] + [self.witness]:
            device.sync()
            device.keeps_promises()


def run(binaries, folder, seed, kills, jobs=1, seconds=None, say=print):
    """Kills until `kills` have hit or so many seconds are over; several teams side by side with `jobs`."""
    started, totals, failures = time.monotonic(), Totals(), []
    numbers = iter(range(1 << 30))

    def live():
        while not failures and totals.hits < kills and (seconds is None or time.monotonic() - started < seconds):
            with totals.lock:
                number = next(numbers)
            path = os.path.join(folder, f"team-{number}")
            os.mkdir(path)
            team = None
            try:
                # A team ends after its share, so that histories stay short.
                team = Team(binaries, path, seed + number, totals)
                own = totals.hits + KILLS_PER_TEAM * jobs
                team.live(lambda: min(kills, own))
            except Violation as violation:
                failures.append(f"team {number} of seed {seed}: {violation}")
                return
            except BaseException as error:
                failures.append(f"team {number} of seed {seed}: {type(error).__name__}: {error}")
                raise
            finally:
                if team:
                    team.server.stop()
            shutil.rmtree(path)
            say(f"crash: {totals.hits} kills, {totals.changes} changes, {time.monotonic() - started:.0f} s", flush=True)

    threads = [threading.Thread(target=live) for _ in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise Violation("; ".join(failures))
    parts = ", ".join(f"{count} × {deed}" for deed, count in sorted(totals.killed.items()))
    return (f"{totals.hits} programs killed at work ({parts}), {totals.misses} kills came late; {totals.rounds} rounds, "
            f"{totals.pairs} times two programs on one store; {totals.cut} programs cut off, {totals.completed} completed "
            f"meanwhile; {totals.changes} changes, none missing")
