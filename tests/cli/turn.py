#!/usr/bin/env python3
"""A TURN server on loopback for the tests, over UDP: says turn:u:p@HOST:PORT,
then relays at 127.0.0.2, or does what its words say.

Usage: turn.py [WORD]...

allocate=CODE, permission=CODE, channel=CODE   refuses that
self=CODE         refuses permissions for its own address
self=silent       does not relay to its own relays
data=silent       relays nothing
peers=deaf        takes nothing from others than its relays
channel=silent    does not answer ChannelBind
channel=deaf      binds channels, and drops what comes in them
allocate=silent   falls silent once the password is there
alternate=HOST:PORT  sends there who wants an allocation
mangle=N, twice=N changes or doubles each Nth datagram that comes in
relay=HOST:PORT   tells of that relay in place of the real one
lifetime=SECONDS  of allocations
realm=none        does not tell how to log in
"""
import hashlib
import hmac
import ipaddress
import select
import socket
import struct
import sys

COOKIE = 0x2112A442
KEY = hashlib.md5(b"u:r:p").digest()
ALLOCATE, REFRESH, SEND, DATA, PERMISSION, CHANNEL = 3, 4, 6, 7, 8, 9
NAMES = {ALLOCATE: "allocate", PERMISSION: "permission", CHANNEL: "channel"}


def attribute(kind, value):
    return struct.pack("!HH", kind, len(value)) + value + b"\0" * (-len(value) % 4)


def xor(address, port, transaction):
    packed = ipaddress.ip_address(address).packed
    key = struct.pack("!I", COOKIE) + transaction
    return struct.pack("!BBH", 0, 1 if len(packed) == 4 else 2,
                       port ^ (COOKIE >> 16)) + bytes(
        a ^ b for a, b in zip(packed, key))


def unxor(value):
    port = struct.unpack("!H", value[2:4])[0] ^ (COOKIE >> 16)
    key = struct.pack("!I", COOKIE)
    return str(ipaddress.ip_address(
        bytes(a ^ b for a, b in zip(value[4:8], key)))), port


def attributes(message):
    found, at = {}, 20
    while at + 4 <= len(message):
        kind, length = struct.unpack("!HH", message[at:at + 4])
        found.setdefault(kind, message[at + 4:at + 4 + length])
        at += 4 + length + -length % 4
    return found


def integrity_at(message):
    """Where MESSAGE-INTEGRITY begins."""
    at = 20
    while struct.unpack("!H", message[at:at + 2])[0] != 8:
        length = struct.unpack("!H", message[at + 2:at + 4])[0]
        at += 4 + length + -length % 4
    return at


def message(kind, transaction, body, signed):
    head = struct.pack("!HHI", kind, len(body) + (24 if signed else 0), COOKIE)
    data = head + transaction + body
    if signed:
        data += attribute(8, hmac.new(KEY, data, hashlib.sha1).digest())
    return data


class Allocation:
    def __init__(self, client):
        self.client = client
        self.relay = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.relay.bind(("127.0.0.2", 0))
        self.channels = {}
        self.count = 0


class Server:
    def __init__(self, words):
        self.words = dict(word.split("=", 1) for word in words)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.allocations = {}

    def code(self, method, allocation, fields):
        word = self.words.get(NAMES.get(method, ""), "")
        own = allocation and 0x12 in fields and \
            unxor(fields[0x12])[0] == allocation.relay.getsockname()[0]
        if word.isdigit():
            return int(word)
        if own and self.words.get("self", "").isdigit():
            return int(self.words["self"])
        return 0

    def allocated(self, allocation, client, transaction):
        address, port = allocation.relay.getsockname()
        if "relay" in self.words:
            address, port = self.words["relay"].rsplit(":", 1)
        return attribute(0x16, xor(address, int(port), transaction)) + \
            attribute(0x20, xor(client[0], client[1], transaction)) + \
            attribute(0x0D, struct.pack("!I", int(self.words.get("lifetime", 600))))

    def request(self, method, data, client):
        transaction, fields = data[8:20], attributes(data)
        allocation = self.allocations.get(client)
        if 8 not in fields:
            body = attribute(9, struct.pack("!HBB", 0, 4, 1) + b"Unauthorized")
            if self.words.get("realm") != "none":
                body += attribute(0x14, b"r")
            body += attribute(0x15, b"nonce")
            body += attribute(0x8022, b"turn.py")
            return message(0x0110 | method, transaction, body, False)
        signed = struct.pack("!HH", *struct.unpack("!H", data[:2]),
                             integrity_at(data) + 4) + data[4:integrity_at(data)]
        if hmac.new(KEY, signed, hashlib.sha1).digest() != fields[8]:
            body = attribute(9, struct.pack("!HBB", 0, 4, 1) + b"Unauthorized")
            return message(0x0110 | method, transaction, body, False)
        if self.words.get(NAMES.get(method, "")) == "silent":
            return None
        if method == ALLOCATE and "alternate" in self.words:
            address, port = self.words["alternate"].rsplit(":", 1)
            body = attribute(9, struct.pack("!HBB", 0, 3, 0) + b"Try Alternate")
            body += attribute(0x8023, struct.pack("!BBH", 0, 1, int(port)) +
                              ipaddress.ip_address(address).packed)
            return message(0x0110 | method, transaction, body, True)
        code = self.code(method, allocation, fields)
        if code:
            body = attribute(9, struct.pack("!HBB", 0, code // 100, code % 100) + b"No")
            return message(0x0110 | method, transaction, body, True)
        body = b""
        if method == ALLOCATE:
            allocation = self.allocations.setdefault(client, Allocation(client))
            body = self.allocated(allocation, client, transaction)
        elif method == CHANNEL:
            number = struct.unpack("!H", fields[0x0C][:2])[0]
            allocation.channels[number] = unxor(fields[0x12])
        elif method == REFRESH:
            body = attribute(0x0D, fields.get(0x0D, struct.pack("!I", 600)))
        return message(0x0100 | method, transaction, body, True)

    def send(self, allocation, peer, data):
        own = peer == allocation.relay.getsockname()
        if self.words.get("data") != "silent" and not (
                own and self.words.get("self") == "silent"):
            try:
                allocation.relay.sendto(data, peer)
            except OSError:  # no way there
                pass

    def from_client(self, data, client):
        allocation = self.allocations.get(client)
        if 0x40 <= data[0] < 0x50:
            number, length = struct.unpack("!HH", data[:4])
            if allocation and self.words.get("channel") != "deaf":
                self.send(allocation, allocation.channels[number], data[4:4 + length])
            return
        kind = struct.unpack("!H", data[:2])[0]
        if kind == 0x0010 | SEND and allocation:
            fields = attributes(data)
            self.send(allocation, unxor(fields[0x12]), fields[0x13])
        elif kind < 0x0010:
            answer = self.request(kind, data, client)
            if answer:
                self.socket.sendto(answer, client)

    def each(self, allocation, word):
        return word in self.words and allocation.count % int(self.words[word]) == 0

    def from_peer(self, allocation, data, peer):
        if self.words.get("peers") == "deaf" and peer[0] != "127.0.0.2":
            return
        allocation.count += 1
        if self.each(allocation, "mangle"):
            data = data[:-1] + bytes([data[-1] ^ 1])
        number = next((n for n, p in allocation.channels.items() if p == peer), None)
        if number:
            data = struct.pack("!HH", number, len(data)) + data
        else:
            transaction = bytes(12)
            data = message(0x0010 | DATA, transaction,
                           attribute(0x12, xor(*peer, transaction)) +
                           attribute(0x13, data), False)
        self.socket.sendto(data, allocation.client)
        if self.each(allocation, "twice"):
            self.socket.sendto(data, allocation.client)

    def serve(self):
        while True:
            relays = {a.relay: a for a in self.allocations.values()}
            for ready in select.select([self.socket, *relays], [], [])[0]:
                data, remote = ready.recvfrom(4096)
                if ready is self.socket:
                    self.from_client(data, remote)
                else:
                    self.from_peer(relays[ready], data, remote)


server = Server(sys.argv[1:])
print("turn:u:p@%s:%d" % server.socket.getsockname(), flush=True)
server.serve()
