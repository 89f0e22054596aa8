"""Real servers and devices as processes, and what their databases hold, read beside the programs."""

import atexit
import json
import os
import random
import signal
import sqlite3
import string
import subprocess
import time


class Violation(Exception):
    """Something was lost, altered, or said that is not so."""


def require(condition, what):
    if not condition:
        raise Violation(what)


def rows(database, sql, *arguments):
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)
    try:
        return connection.execute(sql, arguments).fetchall()
    finally:
        connection.close()


def vectors(database, seq):
    """Per layer and replica, the last seq by the column `seq` of a store's or server's chains."""
    result = {}
    for layer, replica, number in rows(
            database,
            f"SELECT hex(layer.id), hex(replica.id), {seq} FROM chain JOIN layer ON layer.num = chain.layer "
            f"JOIN replica ON replica.num = chain.replica WHERE {seq} > 0"):
        result.setdefault(layer, {})[replica] = number
    return result


def covers(held, expected, whose, everywhere=True):
    """Whether every chain is held as far as expected; else only in layers that are held at all."""
    for layer, vector in expected.items():
        for replica, seq in vector.items():
            found = held.get(layer, {}).get(replica, 0)
            require(found >= seq or not (everywhere or layer in held),
                    f"{whose}: {found} of {seq} changes of replica {replica} in layer {layer}")


class Server:
    def __init__(self, binary, folder, name="server", prefix=()):
        self.binary, self.data, self.process = binary, os.path.join(folder, name), None
        self.listen, self.url, self.prefix = "127.0.0.1:0", None, list(prefix)
        self.address = os.path.join(folder, name + ".address")
        self.log_path = os.path.join(folder, name + ".log")
        self.log = open(self.log_path, "ab")
        # However the script ends, the server does too.
        atexit.register(self.stop)

    @property
    def database(self):
        return os.path.join(self.data, "server.sqlite")

    def administer(self, *arguments):
        done = subprocess.run([self.binary, *arguments, "--data", self.data], capture_output=True, text=True)
        require(done.returncode == 0, f"variorumd {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def make(self, *members):
        self.administer("init")
        self.administer("workspace", "create", "Team")
        for member in members:
            self.administer("user", "add", member)
            self.administer("member", "add", "Team", member, "--role", "curator")

    def token(self, member):
        return json.loads(self.administer("user", "token", member, "--json"))["token"]

    def start(self):
        if os.path.exists(self.address):
            os.remove(self.address)
        self.process = subprocess.Popen(
            self.prefix + [self.binary, "serve", "--data", self.data, "--listen", self.listen, "--address-file", self.address],
            stdout=self.log, stderr=self.log)
        for _ in range(5000):
            if os.path.exists(self.address):
                with open(self.address, encoding="utf-8") as file:
                    self.url = file.read().strip()
                # Back on the same port after a kill: the stores remember it.
                self.listen = self.url.removeprefix("http://")
                return
            require(self.process.poll() is None, "the server ended at its start; see " + self.log_path)
            time.sleep(0.002)
        raise Violation("the server did not listen within ten seconds")

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def logged(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.is_running:
            self.process.terminate()
            self.process.wait()


class Device:
    """A store and the programs that work on it."""

    def __init__(self, binary, folder, name, member, prefix=()):
        self.binary, self.name, self.member, self.prefix = binary, name, member, list(prefix)
        self.folder = os.path.join(folder, name)
        os.mkdir(self.folder)
        # All that this device held when it had last made something: layer -> replica -> seq.
        self.made = {}
        # Names of codes whose `code add` ended with success.
        self.promised = set()

    def join(self, server, url=None):
        self.run("init", "--name", self.member)
        self.run("connect", url or server.url, "--token", server.token(self.member), "--device-name", self.name)

    def start(self, *arguments):
        return subprocess.Popen(
            self.prefix + [self.binary, *arguments], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True)

    def attempt(self, *arguments):
        """Exit code, output, what was said on standard error."""
        process = self.start(*arguments)
        output, errors = process.communicate()
        return process.returncode, output, errors.strip()

    def run(self, *arguments):
        code, output, errors = self.attempt(*arguments)
        require(code == 0, f"{self.name}: variorum {' '.join(arguments)} (exit {code}): {errors}")
        return output

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "--json"))

    def check(self):
        # A check that finds something ends with 1 and says what.
        code, output, errors = self.attempt("check", "--json")
        require(code in (0, 1) and output, f"{self.name}: variorum check (exit {code}): {errors}")
        report = json.loads(output)
        require(report["is_clean"], f"{self.name}: check: {report['problems']}")
        return {layer["id"]: layer for layer in report["layers"]}

    def sync(self):
        """A sync that comes to its end with nothing unusual to tell."""
        summary = self.json("sync")
        require(not summary["blocked"] and not summary["refused"], f"{self.name}: {summary}")
        require(not summary["reissued"] and not summary["server_restored"], f"{self.name}: {summary}")
        return summary

    @property
    def database(self):
        return os.path.join(self.folder, ".variorum", "store.sqlite")

    def held(self):
        return vectors(self.database, "held_seq")

    def acknowledged(self):
        return vectors(self.database, "acked_seq")

    def codes(self):
        return {name for (name,) in rows(self.database, "SELECT name FROM code")}

    def keeps_promises(self):
        missing = self.promised - self.codes()
        require(not missing, f"{self.name} lacks codes whose making was confirmed: {sorted(missing)[:5]}")


def write_texts(chance, folder, is_large=None):
    """A folder of new texts: mostly small ones, at times more than one request can carry."""
    os.makedirs(folder, exist_ok=True)
    for name in os.listdir(folder):
        os.remove(os.path.join(folder, name))
    if is_large if is_large is not None else chance.random() < 0.08:
        sizes = [chance.randrange(150_000, 500_000) for _ in range(chance.randrange(2, 6))]
    else:
        sizes = [chance.randrange(50, 3000) for _ in range(chance.randrange(1, 12))]
    for number, size in enumerate(sizes):
        # Random letters hardly compress: a large folder is several requests.
        letters = "".join(chance.choices(string.ascii_letters + " \n", k=size))
        with open(os.path.join(folder, f"{number}.txt"), "w", encoding="utf-8") as file:
            file.write(f"{chance.getrandbits(64):x}\n{letters}\n")


def compare_everything(server, devices, also_states=True):
    """Everybody has everything, nothing waits; gives back how many changes there are."""
    at_server = vectors(server.database, "seq")
    for device in devices:
        held, acknowledged = device.held(), device.acknowledged()
        require(held == acknowledged, f"{device.name} has changes to send")
        for layer, vector in held.items():
            require(vector == at_server.get(layer), f"{device.name} and the server differ in layer {layer}")
        covers(held, device.made, f"{device.name} lacks what it had")
        for maker in devices:
            covers(held, maker.made, f"{device.name} lacks what {maker.name} made", everywhere=False)
    for maker in devices:
        covers(at_server, maker.made, f"the server lacks what {maker.name} made")
    if also_states:
        compare_states(devices)
    return sum(sum(vector.values()) for vector in at_server.values())


def compare_states(devices):
    # A private layer is only on its member's devices.
    agreed = {}
    for device in devices:
        for layer, state in device.check().items():
            first, other = agreed.setdefault(layer, (state, device))
            require(
                state["state_hash"] == first["state_hash"] and state["vector"] == first["vector"],
                f"{device.name} and {other.name} differ in layer {layer}")


def audit_server(database):
    """What the server's tables have to agree in, beside SQLite's own check: positions dense, chains whole."""
    require(rows(database, "PRAGMA integrity_check") == [("ok",)], "the server's database file is damaged")
    require(not rows(database, "PRAGMA foreign_key_check"), "a row of the server's refers to nothing")
    for num, position in rows(database, "SELECT num, position FROM layer"):
        count, first, last = rows(
            database, "SELECT count(*), coalesce(min(id & 0xFFFFFFFFFF), 1), coalesce(max(id & 0xFFFFFFFFFF), 0) "
            "FROM feed WHERE id >> 40 = ?", num)[0]
        require((count, first, last) == (position, 1, position), f"the feed of layer {num} is not dense: {count}, {first}, {last}, {position}")
    for num, seq in rows(database, "SELECT num, seq FROM chain"):
        count, last = rows(database, "SELECT count(*), coalesce(max(seq), 0) FROM feed WHERE chain = ?", num)[0]
        require(count == last == seq, f"chain {num} is not whole: {count}, {last}, {seq}")


def feeds(database):
    """Per layer, its epoch and what stands at which position: (replica, seq)."""
    result = {}
    for layer, epoch in rows(database, "SELECT hex(id), hex(epoch) FROM layer"):
        result[layer] = (epoch, {})
    for layer, position, replica, seq in rows(
            database, "SELECT hex(layer.id), feed.id & 0xFFFFFFFFFF, hex(replica.id), feed.seq FROM feed "
            "JOIN layer ON layer.num = feed.id >> 40 JOIN chain ON chain.num = feed.chain "
            "JOIN replica ON replica.num = chain.replica"):
        result[layer][1][position] = (replica, seq)
    return result


def dice(seed):
    return random.Random(seed)
