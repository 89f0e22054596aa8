"""The workload of docs/benchmarks.md for the peers, which are driven from Python: the same bytes as
Sources/variorum-bench/Workload makes. The words are read from there, so that they are written down once; `variorum-bench digest` judges the result."""

import hashlib
import json
import os
import re

VOCABULARY = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                          "../../Sources/variorum-bench/Workload/Vocabulary.swift")
SEED = 1
DOCUMENTS = 200
MASK = (1 << 64) - 1


class Random:
    """splitmix64, one independent generator an item."""

    def __init__(self, stream, index):
        self.state = ((SEED * 0x100000001B3) & MASK) ^ (stream << 56) ^ index
        self.next()

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, bound):
        return self.next() * bound >> 64

    def pick(self, items):
        return items[self.below(len(items))]

    def uuid(self):
        digits = f"{self.next():016x}{self.next():016x}"
        variant = "89ab"[int(digits[16], 16) & 3]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


class Workload:
    def __init__(self):
        with open(VOCABULARY, encoding="utf-8") as file:
            lists = re.findall(r"static let (\w+): \[String\] = \[(.*?)\n    \]", file.read(), re.S)
        self.words = {name: re.findall(r'"([^"]*)"', body) for name, body in lists}
        self.texts = []
        for index in range(DOCUMENTS):
            random = Random(1, index)
            paragraphs = [" ".join(self.sentence(random) for _ in range(5)) for _ in range(40)]
            self.texts.append("\n\n".join(paragraphs))

    def sentence(self, random):
        def word(kind):
            return random.pick(self.words[kind])

        form = random.below(6)
        if form == 0:
            return f"{word('people')} {word('verbs')} {word('objects')} in {word('places')}."
        if form == 1:
            return f"In {word('places')}, {word('subjects').lower()} {word('verbs')} {word('objects')}."
        text = f"{word('subjects')} {word('verbs')} {word('objects')} {word('circumstances')}"
        return f"{text}, and {word('people')} {word('verbs')} it." if form == 2 else text + "."

    def record(self, index):
        random = Random(2, index)
        identifier, document = random.uuid(), random.below(DOCUMENTS)
        text = self.texts[document]
        # From the beginning of a word to the end of one.
        start = random.below(len(text) - 120)
        while start > 0 and text[start - 1] not in " \n":
            start -= 1
        end = start + 24 + random.below(36)
        while end < len(text) and text[end] not in " \n.":
            end += 1
        tags = []
        while len(tags) < 3:
            tag = random.pick(self.words["tags"])
            if tag not in tags:
                tags.append(tag)
        second = random.below(14 * 86_400)
        body = f"{random.pick(self.words['notes'])} ({random.pick(self.words['places'])})"
        author = random.pick(self.words["authors"])
        return {
            "id": identifier, "doc": f"doc-{document:05}",
            "quote": {"exact": text[start:end], "prefix": text[max(0, start - 12):start], "suffix": text[end:end + 12]},
            "pos": {"start": start, "end": end}, "body": body, "tags": tags, "author": author,
            "created": time_after(second), "updated": time_after(second + random.below(3600)),
        }

    def edits(self, count, edits, clients):
        random = Random(3, count)
        order = list(range(count))
        for place in range(count - 1, 0, -1):
            other = random.below(place + 1)
            order[place], order[other] = order[other], order[place]
        for number in range(edits):
            record = order[number % count]
            body = f"{random.pick(self.words['notes'])}; {self.sentence(random)}"
            yield {"client": number % clients, "id": Random(2, record).uuid(), "body": body,
                   "updated": time_after(20 * 86_400 + number)}


def time_after(seconds):
    """So long after 8 o'clock on 5 January 2026, within 24 days."""
    day, second = divmod(8 * 3600 + seconds, 86_400)
    return f"2026-01-{5 + day % 24:02}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"


def line(item):
    return json.dumps(item, ensure_ascii=False, separators=(",", ":"))


def sha256(items):
    return hashlib.sha256("".join(line(item) + "\n" for item in items).encode()).hexdigest()
