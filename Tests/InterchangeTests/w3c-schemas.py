#!/usr/bin/env python3
"""Runs the MUST assertions of w3c/web-annotation-tests over every annotation of a collection.

usage: w3c-schemas.py FOLDER-WITH-SCHEMAS COLLECTION.jsonld
"""
import json
import os
import sys
import warnings

warnings.simplefilter("ignore")
import jsonschema  # noqa: E402

root, path = sys.argv[1:]


def load(name):
    with open(os.path.join(root, name), encoding="utf-8") as file:
        return json.load(file)


# The schemas name one another by their ids, relative to nowhere.
store = {}
for folder, _, names in os.walk(root):
    for name in names:
        if name.endswith(".json"):
            schema = load(os.path.relpath(os.path.join(folder, name), root))
            store[schema.get("id", name)] = schema


def passes(name, instance):
    schema = load(name)
    resolver = jsonschema.RefResolver(schema.get("id", ""), schema, store=store)
    is_valid = jsonschema.Draft4Validator(
        schema, resolver=resolver, format_checker=jsonschema.FormatChecker()
    ).is_valid(instance)
    return is_valid == (schema.get("expectedResult", "valid") == "valid")


collection = json.load(open(path, encoding="utf-8"))
annotations = collection["first"]["items"]
musts = load("annotations/annotationMusts.test")["assertions"]
failures = 0
for annotation in annotations:
    # Within a page the context is the collection's.
    instance = {"@context": collection["@context"], **annotation}
    for name in musts:
        if not passes(name, instance):
            failures += 1
            print(f"{annotation['id']} fails {name}")
if "AnnotationCollection" != collection["type"] or collection["total"] != len(annotations):
    failures += 1
    print("the collection does not count its annotations")

optionals = load("annotations/annotationOptionals.test")["assertions"]
met = {n for n in optionals for a in annotations if passes(n, {"@context": collection["@context"], **a})}
print(f"{len(annotations)} annotations, {len(musts)} assertions each, {failures} failures")
print(f"{len(met)} of {len(optionals)} optional assertions met by at least one")
sys.exit(1 if failures else 0)
