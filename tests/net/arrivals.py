#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads an IVF stream as it comes and writes down when each frame came.

arrivals.py CLIP LOG   stdin is what rtc-recv writes of a looped CLIP. A line of
                       LOG is the time of day in seconds, the frame's number
                       since the start of the stream, and `same` or `other`
                       than that frame of the clip.
"""
import struct
import sys
import time


def read_header(file):
    """The ticks in a second, as a fraction."""
    header = file.read(32)
    if header[:4] != b"DKIF":
        sys.exit("not an IVF stream")
    return struct.unpack_from("<II", header, 16)


def frames(file):
    while len(head := file.read(12)) == 12:
        size, when = struct.unpack("<IQ", head)
        yield when, file.read(size)


def main(clip_name, log_name):
    with open(clip_name, "rb") as file:
        clip_rate, clip_scale = read_header(file)
        clip = [data for _, data in frames(file)]
    stream = sys.stdin.buffer
    rate, scale = read_header(stream)
    with open(log_name, "w", buffering=1) as log:
        for when, data in frames(stream):
            number = round(when * scale * clip_rate / (rate * clip_scale))
            same = data == clip[number % len(clip)]
            log.write(
                f"{time.time():.6f} {number} {'same' if same else 'other'}\n"
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
