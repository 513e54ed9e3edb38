#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Which part of a filter that should hold does not.

    wrong_part.py FILTER [JQ OPTION]... [FILE]...

The filter is cut at its outermost `and`s. Each part that is not true is
printed, of a comparison with the values of both sides.
"""
import re
import subprocess
import sys

TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[$.]?\w+|[=!<>]=|//|.', re.S)
COMPARISON = re.compile('[=!<>]=|<|>')


def outermost(text):
    """Tokens that stand in no brackets, each with its place; of a definition or
    a condition the end alone."""
    opened = []
    for match in TOKEN.finditer(text):
        token = match.group()
        if token in ('(', '[', '{', 'if', 'def'):
            opened.append(token)
            continue
        if opened and (token in ')]}' or (opened[-1], token) in
                       (('if', 'end'), ('def', ';'))):
            opened.pop()
        if not opened:
            yield token, match.start(), match.end()


def cut(text, is_cut):
    parts, begin = [], 0
    for token, start, end in outermost(text):
        if is_cut(token):
            parts.append(text[begin:start])
            begin = end
    return parts + [text[begin:]]


def parts_of(text):
    """What stands before the parts, for each of them, and they."""
    begin = 0
    for token, _, end in outermost(text):
        if token in '|;':
            begin = end
    rest = text[begin:]
    is_either = any(token == 'or' for token, _, _ in outermost(rest))
    return text[:begin], [rest] if is_either else cut(rest, 'and'.__eq__)


def run(text, words):
    done = subprocess.run(['jq', '-c', text, *words], capture_output=True,
                          text=True, check=False)
    return (done.stdout + done.stderr).splitlines()


def main():
    text, words = sys.argv[1], sys.argv[2:]
    before, parts = parts_of(text)
    for part in parts:
        said = run(f'{before} ({part}) | not | not', words)
        if set(said) == {'true'}:
            continue
        print('not so:', ' '.join(part.split()))
        if not set(said) <= {'true', 'false'}:
            print('   ', *said)
        sides = cut(part, COMPARISON.fullmatch)
        for side in sides if len(sides) == 2 else []:
            name = ' '.join(side.split())
            value = ', '.join(run(f'{before} ({side})', words))
            if value != name:
                print('   ', name, 'is', value[:300])


main()
