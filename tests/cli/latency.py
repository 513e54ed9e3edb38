#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# latency.py CLIP LIMIT_MS: writes an IVF clip into rtc-send's stdin at 30 frames
# a second from the moment it starts, as a camera does, and notes when each whole
# frame is out of rtc-recv's stdout. They meet by --signal. The first second is
# the session's set-up and not counted. Fails when the 95th percentile exceeds
# LIMIT_MS.
import os
import struct
import subprocess
import sys
import threading
import time

FPS = 30
SETTLE = FPS


def read_exactly(stream, length):
    data = b""
    while len(data) < length:
        piece = stream.read(length - len(data))
        if not piece:
            return None
        data += piece
    return data


def ivf_frames(stream):
    """The header, then each frame with its own header."""
    yield read_exactly(stream, 32)
    while True:
        head = read_exactly(stream, 12)
        if head is None:
            return
        yield head + read_exactly(stream, struct.unpack("<I", head[:4])[0])


def main():
    clip, limit_ms = sys.argv[1], float(sys.argv[2])
    with open(clip, "rb") as file:
        header, *frames = ivf_frames(file)
    # Its end is joined to its beginning; times go on.
    frames = [
        frame[:4] + struct.pack("<Q", n) + frame[12:]
        for n, frame in enumerate(frames * 3)
    ]
    media_out, media_in = os.pipe()
    send = subprocess.Popen(
        ["rtc-send", "--interface", "lo", "-q", "--signal",
         "exec rtc-recv -q --signal - --interface lo -o fd:%d" % media_in],
        stdin=subprocess.PIPE, bufsize=0, pass_fds=[media_in])
    os.close(media_in)
    written, arrived = [], []

    def read():
        with os.fdopen(media_out, "rb", buffering=0) as stream:
            for item in ivf_frames(stream):
                if len(item) > 32:
                    arrived.append((time.monotonic(), item[12:]))

    reader = threading.Thread(target=read)
    reader.start()
    begin = time.monotonic()
    send.stdin.write(header)
    for n, frame in enumerate(frames):
        time.sleep(max(0, begin + n / FPS - time.monotonic()))
        send.stdin.write(frame)
        written.append(time.monotonic())
    send.stdin.close()
    status = send.wait()
    reader.join()
    if status or [data for _, data in arrived] != [f[12:] for f in frames]:
        print("status %d, %d frames written, %d read" %
              (status, len(written), len(arrived)))
        return 1
    late = sorted(1000 * (arrived[n][0] - written[n])
                  for n in range(SETTLE, len(frames)))
    p95 = late[int(0.95 * len(late))]
    print("%d frames: median %.2f ms, p95 %.2f ms, most %.2f ms; the first "
          "took %.0f ms" % (len(late), late[len(late) // 2], p95, late[-1],
                            1000 * (arrived[0][0] - written[0])))
    return p95 >= limit_ms


sys.exit(main())
