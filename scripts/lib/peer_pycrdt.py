"""Two replicas of pycrdt with concurrent changes of every record merge, in memory. Started by scripts/peers in its
environment.

    python peer_pycrdt.py FILE COUNT

As `variorum-bench step merge`: the first sets the note of every annotation, the second the note and another field, a
transaction a record; what is measured is both reading the other's encoded changes. Prints a line of JSON.
"""

import json
import sys
import time

from pycrdt import Doc, Map


def replica(update):
    document = Doc()
    document.apply_update(update)
    return document, document.get("annotations", type=Map)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        records = [json.loads(line) for _, line in zip(range(int(sys.argv[2])), file)]
    origin = Doc()
    annotations = origin.get("annotations", type=Map)
    for record in records:
        quote, position = record.pop("quote"), record.pop("pos")
        annotations[record["id"]] = Map({**record, **quote, **position})
    everything, known = origin.get_update(), origin.get_state()
    (first, first_map), (second, second_map) = replica(everything), replica(everything)
    for record in records:
        with first.transaction():
            first_map[record["id"]]["body"] = record["body"] + " (a)"
        with second.transaction():
            target = second_map[record["id"]]
            target["body"] = record["body"] + " (b)"
            target["updated"] = "2026-02-01T00:00:00Z"
    of_first, of_second = first.get_update(known), second.get_update(known)
    watch = time.perf_counter()
    first.apply_update(of_second)
    second.apply_update(of_first)
    seconds = time.perf_counter() - watch
    if first_map.to_py() != second_map.to_py():
        sys.exit("peer_pycrdt: the two replicas do not agree after merging")
    print(json.dumps({"seconds": seconds, "count": 2 * len(records)}))


main()
