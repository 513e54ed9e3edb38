#!/usr/bin/env python3
"""Holds each line of stdin against JSON: one object a line, no member twice, no
NaN, no infinity. Prints what is wrong, and then ends with status 1."""
import json
import sys


def members(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError(f"twice: {sorted(n for n in names if names.count(n) > 1)[0]}")
    return dict(pairs)


def number(text):
    raise ValueError(f"not JSON: {text}")


def main():
    text, wrong = sys.stdin.read(), False
    lines = text.removesuffix("\n").split("\n")
    if not text.endswith("\n"):
        lines.append("")
    for count, line in enumerate(lines, 1):
        try:
            value = json.loads(line, object_pairs_hook=members,
                               parse_constant=number)
            if not isinstance(value, dict):
                raise ValueError("not an object")
        except ValueError as error:
            print(f"line {count}: {error}")
            wrong = True
    sys.exit(wrong)


main()
