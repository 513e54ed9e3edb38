#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# latency_av.py CLIP LIMIT_MS: writes a live Matroska file with a cluster for
# each frame into rtc-send's stdin, each at its time, and notes when each frame
# is out of rtc-recv's stdout, as Matroska again. The first second is the
# session's set-up and not counted. Fails when the 95th percentile of video or
# audio exceeds LIMIT_MS, or when a frame is missing.
import os
import subprocess
import sys
import threading
import time

CLUSTER = b"\x1f\x43\xb6\x75"
TIMESTAMP = 0xE7
SIMPLE_BLOCK = 0xA3
SETTLE = 1.0


def vint(data, at):
    """The length at `at`, and where it ends."""
    count = 9 - data[at].bit_length()
    value = data[at] & (0xFF >> count)
    for byte in data[at + 1:at + count]:
        value = value << 8 | byte
    return value, at + count


def blocks(cluster):
    """(seconds, track, payload) of each frame; EBML of one cluster."""
    _, at = vint(cluster, 4)
    base = 0
    while at < len(cluster):
        name = cluster[at]
        length, start = vint(cluster, at + 1)
        body = cluster[start:start + length]
        if name == TIMESTAMP:
            base = int.from_bytes(body, "big")
        elif name == SIMPLE_BLOCK:
            offset = int.from_bytes(body[1:3], "big", signed=True)
            yield (base + offset) / 1000, body[0] & 0x7F, body[4:]
        at = start + length


def clusters(data):
    """What is in front of the first cluster, then each cluster."""
    pieces = data.split(CLUSTER)
    return pieces[0], [CLUSTER + piece for piece in pieces[1:]]


class Reader(threading.Thread):
    """Notes when each payload was there."""

    def __init__(self, stream):
        super().__init__()
        self.stream, self.arrived, self.data = stream, {}, b""
        self.start()

    def run(self):
        while True:
            piece = os.read(self.stream, 65536)
            now = time.monotonic()
            # The end of a cluster is known by its last bytes.
            self.data += piece
            _, found = clusters(self.data)
            for n, cluster in enumerate(found):
                length, start = vint(cluster, 4)
                if len(cluster) < start + length:
                    continue
                for _, _, payload in blocks(cluster):
                    self.arrived.setdefault(payload, []).append(now)
                if n < len(found) - 1:
                    continue
                self.data = b""
            if not piece:
                return


def main():
    clip, limit_ms = sys.argv[1], float(sys.argv[2])
    with open(clip, "rb") as file:
        header, parts = clusters(file.read())
    media_out, media_in = os.pipe()
    send = subprocess.Popen(
        ["rtc-send", "--interface", "lo", "-q", "--signal",
         "exec rtc-recv -q --signal - --interface lo -o fd:%d" % media_in],
        stdin=subprocess.PIPE, bufsize=0, pass_fds=[media_in])
    os.close(media_in)
    reader = Reader(media_out)
    begin = time.monotonic()
    send.stdin.write(header)
    written = []
    for part in parts:
        frames = list(blocks(part))
        due = begin + frames[0][0]
        time.sleep(max(0, due - time.monotonic()))
        send.stdin.write(part)
        now = time.monotonic()
        written += [(now, track, payload) for _, track, payload in frames]
    send.stdin.close()
    status = send.wait()
    reader.join()
    arrivals = [reader.arrived.get(payload) for _, _, payload in written]
    if status or not all(arrivals):
        print("status %d, %d of %d frames missing" %
              (status, arrivals.count(None), len(written)))
        return 1
    # Frames that are the same came in their order.
    through = [(track, at, times.pop(0))
               for (at, track, _), times in zip(written, arrivals)]
    worst = 0
    for track in sorted({track for track, _, _ in through}):
        late = sorted(1000 * (came - at) for t, at, came in through
                      if t == track and at > begin + SETTLE)
        p95 = late[int(0.95 * len(late))]
        worst = max(worst, p95)
        print("track %d, %d frames: median %.2f ms, p95 %.2f ms, most %.2f ms"
              % (track, len(late), late[len(late) // 2], p95, late[-1]))
    return worst >= limit_ms


sys.exit(main())
