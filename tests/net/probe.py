#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plain sockets that show what a network of topology.bash does.

probe.py mapping ADDRESS PORT...   asks STUN servers from one socket, prints
                                   how each sees it, in order
probe.py local ADDRESS PORT        the address a socket to there has
probe.py connect ADDRESS PORT      whether TCP gets there
probe.py punch ADDRESS PORT MINE THEIRS
                                   asks a server, writes what it said to MINE,
                                   reads the other end's from THEIRS, and sends
                                   there until something comes back
probe.py hear FILE                 prints where a datagram came from; its own
                                   address and port go to FILE
probe.py say ADDRESS PORT          sends a datagram there, repeatedly

Exits with 1 if nothing came.
"""
import ipaddress
import os
import socket
import struct
import sys
import time

MAGIC = 0x2112A442
TRIES, TRY_S = 4, 0.25
PUNCH_S = 1.5


def udp(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.socket(family, socket.SOCK_DGRAM)


def mapped_address(message):
    """XOR-MAPPED-ADDRESS of a STUN response (RFC 8489 14.2)."""
    key = message[4:20]
    at = 20
    while at + 4 <= len(message):
        kind, length = struct.unpack_from("!HH", message, at)
        if kind == 0x0020:
            port = struct.unpack_from("!H", message, at + 6)[0] ^ (MAGIC >> 16)
            raw = message[at + 8 : at + 4 + length]
            ip = bytes(a ^ b for a, b in zip(raw, key))
            return str(ipaddress.ip_address(ip)), port
        at += 4 + (length + 3) // 4 * 4
    return None


def ask(sock, server):
    request = struct.pack("!HHI", 1, 0, MAGIC) + os.urandom(12)
    sock.settimeout(TRY_S)
    for _ in range(TRIES):
        try:
            sock.sendto(request, server)
            answer = sock.recv(2048)
        except OSError:
            continue
        if answer[4:20] == request[4:20]:
            return mapped_address(answer)
    sys.exit(f"no answer from {server[0]} port {server[1]}")


def mapping(*words):
    sock = udp(words[0])
    for address, port in zip(words[::2], words[1::2]):
        print(*ask(sock, (address, int(port))))


def local(address, port):
    sock = udp(address)
    sock.connect((address, int(port)))
    print(sock.getsockname()[0])


def connect(address, port):
    try:
        socket.create_connection((address, int(port)), timeout=1).close()
    except OSError as error:
        sys.exit(str(error))


def write_whole(name, text):
    with open(name + ".new", "w") as out:
        out.write(text)
    os.rename(name + ".new", name)


def read_whole(name):
    end = time.monotonic() + 10
    while not os.path.exists(name):
        if time.monotonic() > end:
            sys.exit(f"no {name}")
        time.sleep(0.01)
    address, port = open(name).read().split()
    return address, int(port)


def punch(address, port, mine, theirs):
    sock = udp(address)
    write_whole(mine, "%s %d" % ask(sock, (address, int(port))))
    other = read_whole(theirs)
    end, heard, more = time.monotonic() + PUNCH_S, False, 3
    sock.settimeout(0.05)
    while time.monotonic() < end and more:
        sock.sendto(b"punch", other)
        try:
            heard = bool(sock.recv(2048)) or heard
        except OSError:
            pass
        more -= heard
    sys.exit(0 if heard else "nothing came")


def hear(name):
    sock = udp("::")
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.bind(("::", 0))
    sock.settimeout(PUNCH_S)
    write_whole(name, f":: {sock.getsockname()[1]}")
    try:
        print(sock.recvfrom(2048)[1][0].removeprefix("::ffff:"))
    except OSError:
        sys.exit("nothing came")


def say(address, port):
    sock = udp(address)
    for _ in range(5):
        sock.sendto(b"hello", (address, int(port)))
        time.sleep(0.05)


if __name__ == "__main__":
    commands = (mapping, local, connect, punch, hear, say)
    {f.__name__: f for f in commands}[sys.argv[1]](*sys.argv[2:])
