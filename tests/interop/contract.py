# SPDX-License-Identifier: MIT
"""What the drivers in Python share: the options of matrix.bash, descriptions
on stdin and stdout, each ended by end of file, and the report."""
import argparse
import json
import os
import sys

WIDTH, HEIGHT, FPS = 320, 240, 30
UNSUPPORTED = 77  # exit status: the peer lacks the codec


def options():
    parser = argparse.ArgumentParser()
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--offer", action="store_true")
    who.add_argument("--answer", action="store_true")
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--send", action="store_true")
    way.add_argument("--recv", action="store_true")
    parser.add_argument("--codec", choices=["vp8", "h264", "h265", "opus"],
                        required=True)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--report")
    parser.add_argument("--clip", help="not for us")
    return parser.parse_args()


def read_description():
    """Plain SDP, or the JSON of an RTCSessionDescription; stdin to its end."""
    text = sys.stdin.read()
    if text.lstrip().startswith("{"):
        text = json.loads(text)["sdp"]
    if not text.startswith("v=0"):
        raise SystemExit("no description on stdin")
    return text


def write_description(sdp):
    """Then end of file; stdout goes nowhere from here on."""
    sys.stdout.write(sdp)
    sys.stdout.flush()
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


def report(file, **values):
    """Whole or not at all. Returns the exit status that it means."""
    if file:
        with open(file + ".new", "w", encoding="utf-8") as out:
            json.dump(values, out)
        os.rename(file + ".new", file)
    if values.get("unsupported"):
        return UNSUPPORTED
    for sentence in values.get("errors", []):
        print(f"{os.path.basename(sys.argv[0])}: {sentence}", file=sys.stderr)
    return 1 if values.get("errors") else 0
