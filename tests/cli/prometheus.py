#!/usr/bin/env python3
"""Holds files against the text format of Prometheus (version 0.0.4).

Usage: prometheus.py FILE...

Prints what is wrong, a line each, and then ends with status 1. Stricter than
the format where it is lax: every metric has HELP and TYPE in front of all of
its samples, no value is NaN or infinite, no sample has a timestamp, nothing is
empty.
"""
import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"')
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)$")
VALUE = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$")
TYPES = ("counter", "gauge", "histogram", "summary", "untyped")
# Seconds and bytes are the units (naming practices of Prometheus).
FOREIGN = re.compile(r"_(milliseconds|microseconds|ms|us|minutes|kilobytes|"
                     r"percent)(_|$)")


def labels_of(text):
    """(name, value) of each, or None when they are malformed."""
    found, at = [], 0
    while at < len(text):
        match = LABEL.match(text, at)
        if not match:
            return None
        found.append(match.groups())
        at = match.end()
        if at < len(text):
            if text[at] != ",":
                return None
            at += 1 # One at the end is allowed.
    return found


class Checker:
    def __init__(self):
        self.help, self.type = {}, {}
        self.current = None
        self.done = set() # metrics that others followed
        self.seen = set()

    def begin(self, name):
        """Whether a line about `name` may come now."""
        if name != self.current:
            if self.current:
                self.done.add(self.current)
            self.current = name
        return name not in self.done

    def comment(self, line):
        match = re.match(rf"# (HELP|TYPE) ({NAME}) (.*)$", line)
        if not match:
            # Others are for people.
            return "malformed" if re.match(r"#\s*(HELP|TYPE)\b", line) else None
        kind, name, text = match.groups()
        table = self.help if kind == "HELP" else self.type
        if name in table:
            return f"{kind} twice"
        if not self.begin(name) or any(s[0] == name for s in self.seen):
            return f"{kind} behind samples"
        table[name] = text
        if kind == "TYPE" and text not in TYPES:
            return "no such type"
        if kind == "HELP" and (not text.strip() or
                               re.search(r"\\(?![\\n])", text)):
            return "malformed help"
        if text == "counter" and not name.endswith("_total"):
            return "a counter's name ends with _total"
        return "not a base unit" if FOREIGN.search(name) else None

    def sample(self, line):
        match = SAMPLE.match(line)
        if not match:
            return "malformed"
        name, text, value = match.groups()
        labels = labels_of(text) if text else []
        if labels is None or text == "":
            return "malformed labels"
        if len({label for label, _ in labels}) < len(labels):
            return "a label twice"
        if any(label.startswith("__") for label, _ in labels):
            return "a reserved label"
        if any(value == "" for _, value in labels):
            return "an empty label is none"
        if not VALUE.match(value):
            return "not a finite number"
        if name not in self.help or name not in self.type:
            return "no HELP or TYPE before it"
        if not self.begin(name):
            return "apart from others of its name"
        series = (name, frozenset(labels))
        if series in self.seen:
            return "the same series twice"
        self.seen.add(series)
        return None


def check_text(text):
    checker, wrong = Checker(), []
    if not text.endswith("\n"):
        wrong.append("the last line has no end")
    for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
        check = checker.comment if line.startswith("#") else checker.sample
        why = check(line) if line else "empty"
        if why:
            wrong.append(f"line {number}: {why}: {line}")
    for name in checker.help.keys() | checker.type.keys():
        if not any(series[0] == name for series in checker.seen):
            wrong.append(f"{name}: no samples")
    return wrong


def main():
    status = 0
    for name in sys.argv[1:]:
        with open(name, "rb") as file:
            try:
                wrong = check_text(file.read().decode("utf-8"))
            except UnicodeDecodeError as error:
                wrong = [f"not UTF-8: {error}"]
        for one in wrong:
            print(f"{name}: {one}")
            status = 1
    sys.exit(status)


main()
