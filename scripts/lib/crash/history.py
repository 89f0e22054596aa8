"""Several clients at once against one server, what each did and saw and when, and a checker for it.

Every client writes codes and syncs; each of these has a beginning and an end by one clock. After every step what the
client holds is read from its database: its vector, how far each of its chains is acknowledged, and its feeds' cursors.
The checker demands of the record:

  - read your writes: what a client wrote it holds from then on, also across programs;
  - monotonic reads: no client ever holds less than before;
  - writes follow reads: who holds a change holds all that its maker held when it was made;
  - an acknowledged change is held by everybody whose sync began after the acknowledgement;
  - the feed's order is that of real time: of two pushes of which one ended before the other began, all positions of the
    first come before all of the second;
  - positions are dense, and what stands at one never changes within an epoch.
"""

import os
import signal
import threading
import time

from . import world
from .disk import everybody_agrees
from .world import require, rows, vectors


class Event:
    """One step of a client: what it held before and after, and when."""

    def __init__(self, device, deed, begin, before):
        self.device, self.deed, self.begin, self.before = device, deed, begin, before
        self.end = self.after = self.acknowledged_before = self.acknowledged = self.code = None


class History:
    def __init__(self):
        self.lock = threading.Lock()
        self.events = []
        # Snapshots of the server's feeds, in order.
        self.feeds = []

    def record(self, device, deed, act):
        event = Event(device, deed, time.monotonic(), device.held())
        event.acknowledged_before = device.acknowledged()
        event.begin = time.monotonic()
        event.code = act()
        event.end = time.monotonic()
        event.after, event.acknowledged = device.held(), device.acknowledged()
        with self.lock:
            self.events.append(event)
        return event


def includes(held, vector):
    """Whether every chain of the layers that are held is held as far."""
    return all(
        layer not in held or held[layer].get(replica, 0) >= seq
        for layer, chains in vector.items() for replica, seq in chains.items())


def new_changes(before, after):
    for layer, chains in after.items():
        for replica, seq in chains.items():
            for number in range(before.get(layer, {}).get(replica, 0) + 1, seq + 1):
                yield layer, replica, number


def verify(history, own):
    """Checks a record; `own` gives each device's replicas. Gives back how many statements were checked."""
    checked = 0
    events = sorted(history.events, key=lambda event: event.begin)
    by_device = {}
    for event in events:
        by_device.setdefault(event.device, []).append(event)
    # Read your writes and monotonic reads: nobody ever holds less.
    for device, steps in by_device.items():
        held = {}
        for step in steps:
            for moment in (step.before, step.after):
                require(includes(moment, held) and set(held) <= set(moment), f"{device.name} holds less than before, in {step.deed}")
                held = moment
                checked += 1
    # What a maker held when it made a change.
    context = {}
    for device, steps in by_device.items():
        for step in steps:
            if step.deed != "write":
                continue
            made = [change for change in new_changes(step.before, step.after) if change[1] in own[device]]
            require(step.code != 0 or made, f"{device.name}: a confirmed write is not there")
            for change in made:
                context[change] = step.before
    # Writes follow reads: at every moment, for every change that is new to a client.
    for device, steps in by_device.items():
        for step in steps:
            for change in new_changes(step.before, step.after):
                if change in context:
                    layer = change[0]
                    cause = {layer: context[change].get(layer, {})}
                    require(includes(step.after, cause),
                            f"{device.name} holds change {change} but not all that its maker held then")
                    checked += 1
    # Acknowledged, then seen by whoever begins to ask afterwards.
    acknowledgements = []
    for event in events:
        if event.deed == "sync":
            changes = {
                layer: chains for layer, chains in event.acknowledged.items()
                if chains != event.acknowledged_before.get(layer)}
            if changes:
                acknowledgements.append((event.end, changes, event.device))
    for event in events:
        if event.deed != "sync" or event.code != 0:
            continue
        for end, changes, maker in acknowledgements:
            if end <= event.begin:
                require(includes(event.after, changes),
                        f"{event.device.name} asked after {maker.name} had the acknowledgement and does not hold the change")
                checked += 1
    # One order for everybody: dense, never reassigned, and that of real time.
    where = {}
    for snapshot in history.feeds:
        for layer, (epoch, feed) in snapshot.items():
            require(sorted(feed) == list(range(1, len(feed) + 1)), f"the positions of layer {layer} are not dense")
            for position, change in feed.items():
                known = where.setdefault((layer, epoch, position), change)
                require(known == change, f"position {position} of layer {layer} was given twice")
                checked += 1
    positions = {}
    for (layer, epoch, position), (replica, seq) in where.items():
        require((layer, epoch, replica, seq) not in positions, f"change {seq} of {replica} stands twice in the feed")
        positions[(layer, epoch, replica, seq)] = position
    epochs = {layer: epoch for layer, (epoch, _) in history.feeds[-1].items()}
    pushes = []
    for event in events:
        if event.deed != "sync":
            continue
        for layer, replica, seq in new_changes(event.acknowledged_before, event.acknowledged):
            if replica in own[event.device]:
                position = positions.get((layer, epochs[layer], replica, seq))
                require(position, f"change {seq} of {replica} was acknowledged and is not in the feed")
                pushes.append((layer, event.begin, event.end, position))
    for layer in {push[0] for push in pushes}:
        mine = [push for push in pushes if push[0] == layer]
        # The highest position of all pushes that had ended, against each that begins later.
        ended = sorted(mine, key=lambda push: push[2])
        highest, place = 0, 0
        for _, begin, _, position in sorted(mine, key=lambda push: push[1]):
            while place < len(ended) and ended[place][2] <= begin:
                highest, place = max(highest, ended[place][3]), place + 1
            require(position > highest, f"a push that began after another had ended got the earlier position {position}")
            checked += 1
    return checked


def live(binaries, folder, chance, seconds, kills_server, url=None, prefix=()):
    server = world.Server(os.path.join(binaries, "variorumd"), folder)
    server.make("ana", "ben", "cem")
    server.start()
    history = History()
    try:
        client = os.path.join(binaries, "variorum")
        names = (("laptop", "ana"), ("tablet", "ana"), ("desk", "ben"), ("phone", "ben"), ("cem", "cem"))
        devices = [world.Device(client, folder, name, member, prefix) for name, member in names]
        for device in devices:
            device.join(server, url and url(server))
        for device in devices:
            device.run("sync")
        end = time.monotonic() + seconds
        failures = []

        def work(device, dice):
            try:
                count = 0
                while time.monotonic() < end and not failures:
                    if dice.random() < 0.5:
                        count += 1
                        name = f"{device.name} {count}"
                        event = history.record(device, "write", lambda: device.attempt("code", "add", name)[0])
                        require(event.code == 0, f"{device.name}: code add ended with {event.code}")
                        device.promised.add(name)
                        device.made = event.after
                    else:
                        event = history.record(device, "sync", lambda: device.attempt("sync", "--attempts", "1")[0])
                        require(event.code == 0 or (kills_server and event.code == 69),
                                f"{device.name}: sync ended with {event.code}")
            except Exception as error:  # noqa: BLE001: whatever it is ends the run
                failures.append(error)

        threads = [threading.Thread(target=work, args=(device, world.dice(chance.random()))) for device in devices]
        for thread in threads:
            thread.start()
        kills = 0
        while time.monotonic() < end and not failures:
            time.sleep(chance.uniform(0.2, 0.6))
            if kills_server and chance.random() < 0.5:
                server.kill()
                kills += 1
                history.feeds.append(world.feeds(server.database))
                server.start()
            else:
                history.feeds.append(world.feeds(server.database))
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        history.feeds.append(world.feeds(server.database))
        own = {
            device: {replica for (replica,) in rows(device.database, "SELECT hex(id) FROM replica WHERE is_own = 1")}
            for device in devices}
        checked = verify(history, own)
        changes = everybody_agrees(server, devices)
        syncs = sum(event.deed == "sync" and event.code == 0 for event in history.events)
        text = f"{len(devices)} clients, {len(history.events)} steps, {syncs} syncs that ended well, {changes} changes, {checked} statements hold"
        return text + (f", the server killed {kills} times" if kills_server else "")
    finally:
        server.stop()


def undisturbed(binaries, folder, chance):
    return live(binaries, folder, chance, 10, kills_server=False)


def with_kills(binaries, folder, chance):
    return live(binaries, folder, chance, 15, kills_server=True)


SCENARIOS = {"histories of several clients": undisturbed, "histories while the server is killed": with_kills}
