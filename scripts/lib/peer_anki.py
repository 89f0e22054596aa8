"""A device of Anki in a process of its own, told by lines of JSON what to do. Started by scripts/peers in its environment.

    python peer_anki.py COLLECTION URL

{"do": "upload" | "download"}            replaces the other side's collection, as Anki begins
{"do": "add", "file": F, "from": A, "to": B}   the workload's lines A to B of the file, a note each
{"do": "sync", "times": N}               N incremental syncs

Each is answered by a line with the seconds of every sync, the process's peak memory, and how many notes there are.
"""

import json
import sys
import time

from anki.collection import AddNoteRequest, Collection
from anki.sync_pb2 import SyncCollectionResponse


def peak_memory():
    # Not ru_maxrss, which a process inherits from the one that started it.
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM:"))


def add(collection, path, start, end):
    kind, deck = collection.models.by_name("Basic"), collection.decks.id("Default")
    requests = []
    with open(path, encoding="utf-8") as file:
        for place, line in enumerate(file):
            if not start <= place < end:
                continue
            line = line.rstrip("\n")
            record = json.loads(line)
            note = collection.new_note(kind)
            note.fields[:2] = [record["id"], line]
            note.tags = record["tags"]
            requests.append(AddNoteRequest(note, deck))
    collection.add_notes(requests)


def sync(collection, access):
    watch = time.perf_counter()
    result = collection.sync_collection(access, sync_media=False)
    seconds = time.perf_counter() - watch
    # Anything else means that Anki gave up on increments and wants a whole collection sent.
    if result.required != SyncCollectionResponse.NO_CHANGES:
        sys.exit(f"peer_anki: not an incremental sync: {result}")
    return seconds


def main():
    collection = Collection(sys.argv[1])
    access = collection.sync_login("u", "p", sys.argv[2])
    for line in sys.stdin:
        task, seconds = json.loads(line), []
        if task["do"] == "sync":
            seconds = [sync(collection, access) for _ in range(task["times"])]
        elif task["do"] == "add":
            add(collection, task["file"], task["from"], task["to"])
        else:
            collection.close_for_full_sync()
            collection.full_upload_or_download(auth=access, server_usn=None, upload=task["do"] == "upload")
            collection.reopen(after_full_sync=True)
        answer = {"seconds": seconds, "peak_memory": peak_memory(), "notes": collection.note_count()}
        print(json.dumps(answer), flush=True)
    collection.close()


main()
