"""Reads a round's results with programs that share no code with Variorum. Called by scripts/results-check."""

import csv
import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

import html5lib
import networkx

folder = pathlib.Path(sys.argv[1])
HEADINGS = ("h1", "h2", "h3")


def check(condition, path, what):
    if not condition:
        sys.exit(f"{path}: {what}")


def page(path):
    # Strict: any parse error of the HTML standard is raised.
    root = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(path.read_bytes())
    check(root.get("lang"), path, "no language")
    for name in ("header", "main", "nav", "h1"):
        check(len(root.findall(f".//{name}")) == 1, path, f"not one {name}")
    check(not root.findall(".//script"), path, "a script")
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    check(len(ids) == len(set(ids)), path, "an id twice")
    for element in root.iter():
        link = element.get("href")
        check(link is None or link.startswith("#") and link[1:] in ids, path, f"a link to nowhere: {link}")
        label = element.get("aria-labelledby")
        check(label is None or label in ids, path, f"a label that is not there: {label}")
        check(not any(key.startswith("on") for key in element.attrib), path, "an event handler")
    levels = [int(element.tag[1]) for element in root.iter() if element.tag in HEADINGS]
    check(all(after - before <= 1 for before, after in zip(levels, levels[1:])), path, "a heading level is left out")
    for table in root.findall(".//table"):
        check(table.find("caption") is not None, path, "a table without a caption")
        check(all(cell.get("scope") for cell in table.iter("th")), path, "a header cell without a scope")
        widths = {len(list(row)) for row in table.iter("tr")}
        check(len(widths) == 1, path, "rows of different lengths")


def network(path):
    graph = networkx.read_graphml(path)
    with open(path.with_suffix(".csv"), newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    check(graph.number_of_nodes() > 0, path, "no nodes")
    check(len(rows) == graph.number_of_edges(), path, "edges differ from the CSV file's")
    for row in rows:
        edge = graph.edges[row["source_id"], row["target_id"]]
        first, second = ("support", "reject") if "support" in row else ("agreement", "disagreement")
        check(edge["weight"] == int(row["weight"]), path, "a weight differs from the CSV file's")
        check(edge["weight"] == edge[first] - edge[second], path, "a weight is not the difference of its counts")


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file, strict=True))
    lines = [json.loads(line) for line in path.with_suffix(".jsonl").read_text(encoding="utf-8").split("\n")[:-1]]
    check(len(table) == len(lines) > 0, path, "rows and lines differ in number")
    for row, line in zip(table, lines):
        check(list(row) == list(line), path, "columns and members differ")
        for name, value in line.items():
            text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            check(row[name] == text, path, f"{name} differs: {row[name]!r}, {text!r}")


count = 0
for path in sorted(folder.glob("*/*")):
    if path.suffix == ".html":
        page(path)
    elif path.suffix == ".graphml":
        network(path)
    elif path.suffix == ".svg":
        root = ElementTree.parse(path).getroot()
        check(root.find("{http://www.w3.org/2000/svg}title") is not None, path, "no title")
    elif path.name == "codings.csv":
        rows(path)
    else:
        continue
    count += 1
check(count >= 20, folder, "too few samples")
print(f"results-check: {count} files are as they should be")
