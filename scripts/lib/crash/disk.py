"""Disks that are full or read-only, files that vanish: a clear word, nothing lost, and on again when the disk is well."""

import contextlib
import os
import shutil
import subprocess

from . import world
from .world import require, vectors

# What `variorum sync` ends with while the server cannot serve.
UNAVAILABLE = 69


class Skipped(Exception):
    """A scenario cannot run here, and why."""


def call(*arguments):
    done = subprocess.run(arguments, capture_output=True, text=True)
    return done.returncode == 0, (done.stderr or done.stdout).strip()


def need(*arguments):
    done, why = call(*arguments)
    if not done:
        raise Skipped(f"`{' '.join(arguments[:3])}` does not work here ({why.splitlines()[0] if why else 'no reason given'})")


@contextlib.contextmanager
def small_disk(path, kilobytes):
    """A tmpfs of its own; gives back how to make it larger."""
    if os.geteuid() != 0:
        raise Skipped("only root may mount a small disk")
    os.makedirs(path, exist_ok=True)
    need("mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", path)
    try:
        yield lambda size: need("mount", "-o", f"remount,size={size}k", path)
    finally:
        call("umount", "-l", path)


@contextlib.contextmanager
def failing_disk(path, folder):
    """An ext4 file system on a loop device; gives back a function that makes the kernel turn it read-only, files open or
    not, and one that repairs and mounts it again."""
    if os.geteuid() != 0:
        raise Skipped("only root may mount a disk")
    image = os.path.join(folder, "disk.img")
    with open(image, "wb") as file:
        file.truncate(64 << 20)
    need("mkfs.ext4", "-q", "-F", image)
    os.makedirs(path, exist_ok=True)
    need("mount", "-o", "loop,errors=remount-ro", image, path)

    def device():
        for line in open("/proc/mounts", encoding="utf-8"):
            words = line.split()
            if words[1] == path:
                return os.path.basename(words[0]), words[3].split(",")
        raise Skipped("the disk is not in /proc/mounts")

    def fail():
        trigger = f"/sys/fs/ext4/{device()[0]}/trigger_fs_error"
        if not os.path.exists(trigger):
            raise Skipped("this kernel cannot be told to find an error on a disk")
        with open(trigger, "w", encoding="utf-8") as file:
            file.write("a test")
        require("ro" in device()[1] or "emergency_ro" in device()[1], f"the disk is not read-only: {device()}")

    def repair():
        need("umount", path)
        done = subprocess.run(["e2fsck", "-f", "-y", image], capture_output=True, text=True)
        require(done.returncode in (0, 1), f"e2fsck: {done.stdout}{done.stderr}")
        need("mount", "-o", "loop,errors=remount-ro", image, path)

    try:
        yield fail, repair
    finally:
        call("umount", "-l", path)


def make_team(binaries, folder, *names, server_folder=None):
    server = world.Server(os.path.join(binaries, "variorumd"), server_folder or folder)
    server.make("ana", "ben")
    server.start()
    devices = [world.Device(os.path.join(binaries, "variorum"), folder, *name) for name in names]
    for device in devices:
        device.join(server)
        device.sync()
    return server, devices


def add_code(device, name):
    """Makes a code; what was said, if it was refused."""
    code, _, errors = device.attempt("code", "add", name)
    if code == 0:
        device.promised.add(name)
        device.made = device.held()
        return None
    return code, errors


def everybody_agrees(server, devices):
    for device in devices + devices[:-1]:
        device.run("sync")
    for device in devices:
        device.keeps_promises()
    for maker in devices:
        for device in devices:
            missing = maker.promised - device.codes()
            require(not missing, f"{device.name} lacks what {maker.name} made: {sorted(missing)[:5]}")
    world.audit_server(server.database)
    return world.compare_everything(server, devices)


def full_client(binaries, folder, chance):
    with small_disk(os.path.join(folder, "small"), 1400) as resize:
        device = world.Device(os.path.join(binaries, "variorum"), os.path.join(folder, "small"), "laptop", "ana")
        device.run("init", "--name", "ana")
        refusal = None
        for number in range(2000):
            refusal = add_code(device, f"code {number} " + "x" * 1500)
            if refusal:
                break
        require(refusal is not None, "a full disk was never full")
        require(refusal[0] == 74 and "disk is full" in refusal[1], f"a full disk is called {refusal}")
        device.run("code", "list")
        device.keeps_promises()
        resize(64 * 1024)
        device.check()
        device.keeps_promises()
        require(add_code(device, "there is room again") is None, "the store does not go on")
        device.check()
        return f"{len(device.promised)} codes written, the next refused: “{refusal[1].split(': ', 1)[-1]}”"


def full_server(binaries, folder, chance):
    with small_disk(os.path.join(folder, "small"), 2500) as resize:
        server, (laptop, desk) = make_team(
            binaries, folder, ("laptop", "ana"), ("desk", "ben"), server_folder=os.path.join(folder, "small"))
        try:
            refusal = None
            for number in range(100):
                world.write_texts(chance, os.path.join(laptop.folder, "texts"), is_large=True)
                laptop.run("import", "texts")
                code, _, errors = laptop.attempt("sync", "--attempts", "1")
                laptop.made = laptop.held()
                if code != 0:
                    refusal = (code, errors)
                    break
            require(refusal is not None, "a full disk was never full")
            require(refusal[0] == UNAVAILABLE and "disk is full" in refusal[1], f"a full server is called {refusal}")
            at_server = vectors(server.database, "seq")
            world.covers(at_server, laptop.acknowledged(), "the server lacks what it acknowledged")
            # Who only reads notices nothing.
            desk.run("sync", "--attempts", "1")
            require(server.is_running, "the server ended")
            resize(256 * 1024)
            changes = everybody_agrees(server, [laptop, desk])
            return f"full after {number} pushes: “{refusal[1].split(': ', 1)[-1]}”; {changes} changes in the end"
        finally:
            server.stop()


def read_only_client(binaries, folder, chance):
    with small_disk(os.path.join(folder, "small"), 16384):
        small = os.path.join(folder, "small")
        server, (desk,) = make_team(binaries, folder, ("desk", "ben"))
        try:
            laptop = world.Device(os.path.join(binaries, "variorum"), small, "laptop", "ana")
            laptop.join(server)
            require(add_code(laptop, "before") is None, "a code cannot be made")
            laptop.run("sync")
            need("mount", "-o", "remount,ro", small)
            refusal = add_code(laptop, "meanwhile")
            require(refusal and refusal[0] in (77, 74) and "read-only" in refusal[1].lower(), f"a read-only disk is called {refusal}")
            code, _, errors = laptop.attempt("sync", "--attempts", "1")
            require(code != 0, "a sync on a read-only disk succeeded")
            need("mount", "-o", "remount,rw", small)
            laptop.check()
            require(add_code(laptop, "after") is None, "the store does not go on")
            everybody_agrees(server, [laptop, desk])
            return f"“{refusal[1].split(': ', 1)[-1]}”"
        finally:
            server.stop()


def read_only_server(binaries, folder, chance):
    """The disk turns read-only under the running server, as the kernel does when it finds an error on it."""
    path = os.path.join(folder, "disk")
    with failing_disk(path, folder) as (fail, repair):
        server, (laptop, desk) = make_team(binaries, folder, ("laptop", "ana"), ("desk", "ben"), server_folder=path)
        # The log and the address stay on a disk that is well.
        server.log.close()
        server.log_path = os.path.join(folder, "server.log")
        server.log = open(server.log_path, "ab")
        server.stop()
        server.address = os.path.join(folder, "server.address")
        server.start()
        try:
            require(add_code(laptop, "before") is None, "a code cannot be made")
            laptop.run("sync")
            fail()
            require(add_code(laptop, "meanwhile") is None, "a code cannot be made")
            code, _, errors = laptop.attempt("sync", "--attempts", "1")
            require(code == UNAVAILABLE, f"a server on a read-only disk is called {code} {errors}")
            require("store:" in server.logged() or not server.is_running, "the server's log says nothing")
            lines = server.logged().strip().splitlines()
            said = ([line for line in lines if "store:" in line] or lines)[-1]
            acknowledged = laptop.acknowledged()
            server.stop()
            repair()
            server.start()
            world.covers(vectors(server.database, "seq"), acknowledged, "the server lacks what it acknowledged")
            everybody_agrees(server, [laptop, desk])
            return f"in the log: “{said}”"
        finally:
            server.stop()


def vanished_file(binaries, folder, chance, name, deed):
    """Something happens to a file of the running server; the operator puts a backup back; nothing is lost."""
    server, devices = make_team(binaries, folder, ("laptop", "ana"), ("desk", "ben"))
    laptop, desk = devices
    try:
        require(add_code(laptop, "in the backup") is None, "a code cannot be made")
        laptop.run("sync")
        server.stop()
        backup = os.path.join(folder, "backup")
        shutil.copytree(server.data, backup)
        server.start()
        require(add_code(laptop, "after the backup") is None, "a code cannot be made")
        laptop.run("sync")
        desk.run("sync")
        path = os.path.join(server.data, name) if name else server.data
        if deed == "deleted":
            shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
        else:
            os.truncate(path, 0 if deed == "emptied" else os.path.getsize(path) // 2)
        require(add_code(laptop, "meanwhile") is None, "a code cannot be made")
        code, _, errors = laptop.attempt("sync", "--attempts", "1")
        acknowledged = laptop.acknowledged()
        ended = not server.is_running
        if code == 0:
            raise world.Violation(f"{name or 'the folder'} {deed}: the server took changes all the same")
        require(code == UNAVAILABLE, f"{name} {deed}: the client says {code} {errors}")
        require(ended or "store:" in server.logged(), f"{name} {deed}: the server's log says nothing")
        said = f"ended with {server.process.returncode}" if ended else "503"
        server.stop()
        shutil.rmtree(server.data, ignore_errors=True)
        shutil.copytree(backup, server.data)
        server.start()
        # What was acknowledged is still on the clients, and is sent again.
        for device in devices:
            world.covers(device.held(), acknowledged, f"{device.name} lacks what was acknowledged", everywhere=False)
        # Something else takes the place of what the backup lacks: the feed begins a new life.
        require(add_code(desk, "after the restore") is None, "a code cannot be made")
        desk.run("sync")
        everybody_agrees(server, devices)
        require("new epoch" in server.logged(), "the server did not notice that it had been put back")
        return f"{name or 'the folder'} {deed}: {said}"
    finally:
        server.stop()


def vanished_files(binaries, folder, chance):
    results = []
    for name in ("server.sqlite", "server.sqlite-wal", "server.sqlite-shm", "lock", ""):
        for deed in ("deleted", "emptied", "cut in half"):
            if deed != "deleted" and name in ("lock", ""):
                continue
            path = os.path.join(folder, f"case-{len(results)}")
            os.mkdir(path)
            results.append(vanished_file(binaries, path, chance, name, deed))
    return "; ".join(results)


SCENARIOS = {
    "a full disk under a client": full_client,
    "a full disk under the server": full_server,
    "a read-only disk under a client": read_only_client,
    "a disk that turns read-only under the running server": read_only_server,
    "files deleted and cut off under the running server": vanished_files,
}
