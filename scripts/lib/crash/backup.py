"""Backups of a server that is at work and killed, restored elsewhere: every acknowledged change is there."""

import os
import subprocess
import threading

from . import world
from .disk import everybody_agrees, make_team
from .world import covers, require


def variorumd(server, *arguments):
    done = subprocess.run([server.binary, *arguments], capture_output=True, text=True)
    require(done.returncode == 0, f"variorumd {' '.join(arguments)} (exit {done.returncode}): {done.stdout}{done.stderr}")
    return done.stdout


def under_load(binaries, folder, chance):
    """Devices write and sync, the server is killed again and again, and backed up meanwhile."""
    server, devices = make_team(binaries, folder, ("laptop", "ana"), ("desk", "ben"))
    try:
        is_over = threading.Event()

        def work(device):
            number = 0
            while not is_over.is_set():
                name = f"{device.name} {number}"
                if device.attempt("code", "add", name)[0] == 0:
                    device.promised.add(name)
                # Fails while the server is down.
                device.attempt("sync", "--attempts", "1")
                number += 1

        threads = [threading.Thread(target=work, args=(device,)) for device in devices]
        for thread in threads:
            thread.start()
        backup = expected = None
        try:
            for number in range(6):
                is_over.wait(0.2 + chance.random())
                acknowledged = [device.acknowledged() for device in devices]
                if number % 2:
                    server.kill()
                backup = os.path.join(folder, f"backup-{number}")
                variorumd(server, "backup", backup, "--data", server.data)
                if number % 2:
                    server.start()
                expected = acknowledged
                copied = world.vectors(os.path.join(backup, "server.sqlite"), "seq")
                for device, vector in zip(devices, expected):
                    covers(copied, vector, f"a backup lacks what {device.name} was told is acknowledged")
                variorumd(server, "verify", backup)
        finally:
            is_over.set()
            for thread in threads:
                thread.join()
        server.kill()
        # Elsewhere, but where the devices look for it.
        server.data = os.path.join(folder, "elsewhere")
        variorumd(server, "restore", backup, "--data", server.data)
        server.start()
        changes = everybody_agrees(server, devices)
        server.stop()
        variorumd(server, "verify", "--data", server.data)
        return f"6 backups under load, 3 kills, {changes} changes on the restored server"
    finally:
        server.stop()


SCENARIOS = {"backups of a server at work, restored elsewhere": under_load}
