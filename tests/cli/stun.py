#!/usr/bin/env python3
"""A STUN server on loopback for the tests: says HOST:PORT, then answers.

Usage: stun.py [ADDRESS] [lose=N] [delay=SECONDS] [map=ADDRESS:PORT]
               [other=ADDRESS:PORT] [error=CODE] [from=ADDRESS]

lose=N answers all but each Nth request; delay= holds answers back; map= tells of another address than the
real one (map=none: of none; map=garbage: what it says is not STUN), other= of a second address of the server (RFC 5780); error= refuses; from=
answers from another address than was asked.
"""
import ipaddress
import socket
import struct
import sys
import time

COOKIE = 0x2112A442


def attribute(kind, value):
    return struct.pack("!HH", kind, len(value)) + value + b"\0" * (-len(value) % 4)


def xor_address(address, port, transaction):
    packed = ipaddress.ip_address(address).packed
    key = struct.pack("!I", COOKIE) + transaction
    return struct.pack("!BBH", 0, 1 if len(packed) == 4 else 2,
                       port ^ (COOKIE >> 16)) + bytes(
        a ^ b for a, b in zip(packed, key))


def answer(request, remote, options):
    transaction = request[8:20]
    if options.get("map") == "garbage":
        return b"garbage"
    if "error" in options:
        code = int(options["error"])
        body = attribute(9, struct.pack("!HBB", 0, code // 100, code % 100))
        kind = 0x0111
    else:
        address, port = remote[:2]
        if ":" in options.get("map", ""):
            address, port = options["map"].rsplit(":", 1)
        body = b""
        if options.get("map") != "none":
            body = attribute(0x20, xor_address(address, int(port), transaction))
        if "other" in options:
            address, port = options["other"].rsplit(":", 1)
            body += attribute(0x802C, struct.pack("!BBH", 0, 1, int(port)) +
                              ipaddress.ip_address(address).packed)
        kind = 0x0101
    return struct.pack("!HHI", kind, len(body), COOKIE) + transaction + body


def main():
    options = dict(word.split("=", 1) for word in sys.argv[1:] if "=" in word)
    address = next((w for w in sys.argv[1:] if "=" not in w), "127.0.0.1")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    server = socket.socket(family, socket.SOCK_DGRAM)
    server.bind((address, 0))
    shown = f"[{address}]" if ":" in address else address
    print(f"{shown}:{server.getsockname()[1]}", flush=True)
    sender = server
    if "from" in options:
        sender = socket.socket(family, socket.SOCK_DGRAM)
        sender.bind((options["from"], 0))
    count = 0
    while True:
        request, remote = server.recvfrom(2048)
        if len(request) < 20 or request[:2] != b"\0\1":
            continue
        count += 1
        if "lose" in options and count % int(options["lose"]) == 0:
            continue
        time.sleep(float(options.get("delay", 0)))
        sender.sendto(answer(request, remote, options), remote)


main()
