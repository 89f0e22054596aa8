"""Two of a kind where one is meant to be: two servers on one data folder, two clients on one store."""

import os
import subprocess
import threading

from . import world
from .disk import everybody_agrees, make_team
from .world import require


def two_servers(binaries, folder, chance):
    server, (laptop, desk) = make_team(binaries, folder, ("laptop", "ana"), ("desk", "ben"))
    try:
        for _ in range(3):
            second = subprocess.run(
                [server.binary, "serve", "--data", server.data, "--listen", "127.0.0.1:0"], capture_output=True,
                text=True, timeout=60)
            require(second.returncode == 75, f"a second server ended with {second.returncode}")
            require("another server" in second.stderr, f"a second server said: {second.stderr}")
        laptop.run("code", "add", "beside")
        everybody_agrees(server, [laptop, desk])
        # The lock goes with the process, however that ends.
        server.kill()
        server.start()
        everybody_agrees(server, [laptop, desk])
        return f"“{second.stderr.strip()}”, exit 75"
    finally:
        server.stop()


def two_clients(binaries, folder, chance):
    """Two programs write and sync on one store at once, again and again."""
    server, (laptop, desk) = make_team(binaries, folder, ("laptop", "ana"), ("desk", "ben"))
    try:
        failures, lock = [], threading.Lock()

        def work(number):
            for count in range(15):
                name = f"code {number}/{count}"
                code, _, errors = laptop.attempt("code", "add", name)
                with lock:
                    if code == 0:
                        laptop.promised.add(name)
                    else:
                        failures.append(f"code add: {code} {errors}")
                if count % 3 == number % 3:
                    code, _, errors = laptop.attempt("sync")
                    if code != 0:
                        failures.append(f"sync: {code} {errors}")

        threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        require(not failures, f"two programs on one store: {failures[:3]}")
        laptop.made = laptop.held()
        laptop.check()
        changes = everybody_agrees(server, [laptop, desk])
        return f"{len(laptop.promised)} codes by three programs at once, {changes} changes in the end"
    finally:
        server.stop()


def two_beginnings(binaries, folder, chance):
    """Two programs make a store in one folder at the same moment: one does, the other says that there is one."""
    for number in range(12):
        path = os.path.join(folder, f"new-{number}")
        os.mkdir(path)
        programs = [
            subprocess.Popen([os.path.join(binaries, "variorum"), "init", "--name", "ana"], cwd=path,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
        said = [program.communicate() for program in programs]
        codes = sorted(program.returncode for program in programs)
        require(codes == [0, 73, 73, 73], f"four at once ended with {codes}: {said}")
        device = world.Device.__new__(world.Device)
        device.binary, device.name, device.folder, device.prefix = os.path.join(binaries, "variorum"), "laptop", path, []
        device.run("code", "add", "first")
        # A signature shows whether the key belongs to the store.
        device.run("bundle", "write", "out.bundle")
        device.check()
    return "12 times four at once: one made the store, three said that there is one"


SCENARIOS = {
    "two servers on one data folder": two_servers,
    "several programs on one store": two_clients,
    "several programs that make one store": two_beginnings,
}
