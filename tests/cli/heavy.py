#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# heavy.py CLIP BYTES [SECONDS]: an IVF clip of VP8 whose frames are padded to so
# many bytes each, for paths and readers that are too slow; it plays as before.
# With SECONDS it is written over so long a time, as a camera would, else at
# once.
import struct
import sys
import time


def main():
    clip, size = sys.argv[1], int(sys.argv[2])
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 0
    with open(clip, "rb") as file:
        data = file.read()
    frames, at = [], 32
    while at < len(data):
        length, pts = struct.unpack("<IQ", data[at:at + 12])
        # What follows the last partition is not read.
        frame = data[at + 12:at + 12 + length].ljust(size, b"\0")
        frames.append(struct.pack("<IQ", len(frame), pts) + frame)
        at += 12 + length
    begin = time.monotonic()
    sys.stdout.buffer.write(data[:32])
    for n, frame in enumerate(frames):
        due = begin + n * seconds / len(frames)
        time.sleep(max(0, due - time.monotonic()))
        sys.stdout.buffer.write(frame)
        sys.stdout.buffer.flush()


main()
