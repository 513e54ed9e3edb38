#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A scripted WHIP and WHEP server, for tests.

    server.py [--script FILE] [--log FILE] [--stun] ORIGIN...

ORIGIN is `http` or `https=PEM` (certificate and key). Each gets a port of the
kernel's choice on 127.0.0.1; the ports are printed on one line once all listen,
that of the STUN server (--stun) last. Every request is logged as one JSON line:
t, origin (0 and up), method, path, headers (lower case), body.

The script is a JSON object. `METHOD /path`, or else `METHOD`, holds a reply or
a list of them, one a request, the last for all that follow; what it leaves out
behaves well. A reply:

    status, headers   a header null is left out, a list is sent as several
    body              text; in it and in headers {0} {1}.. are the origins' URLs,
                      {stun} is that server's port, {date+2} an HTTP date
    session           "answer": a peer answers the offer (the default of POST);
                      "offer": a peer offers; "take": the body is its answer
    edit_offer, edit_answer   [[regular expression, replacement]..], before the
                      peer reads the offer and behind what it describes
    candidates        so many more, which lead nowhere, in the description
    require           [header, regular expression], else `otherwise` is the reply
    delay             seconds before it
    raw               sent as it is, then the connection is closed
    hang, close       nothing is sent: for ever, or up to a close
    endless           "body" or "headers": without end
    truncate          bytes of the body sent of those announced
    drip              seconds between single bytes of the body

A session is real: rtc-answer (or rtc-offer) makes it, then rtc-recv writes to
peerN.video and peerN.audio, or, where the script has `clips`, rtc-send sends
those (`loop`: again and again; `gate`: the first, from its peer's first
event of that name on). All files go into the current directory: peerN.pid, .err, .status,
.jsonl, as helper.bash has them. `realm` is what TURN requests are told, and
`stun_delay` how long STUN waits.
"""
import argparse
import email.utils
import http.server
import json
import os
import re
import select
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

MAGIC = 0x2112A442
MAPPED = ("192.0.2.7", 40007)  # what STUN tells: an address of no one
CHUNK = 16384
lock = threading.Lock()


class Script:
    """What is answered, and what was asked."""

    def __init__(self, text, log):
        self.table = json.loads(text or "{}")
        self.log_file = log
        self.counts = {}
        self.values = {}

    def log(self, **fields):
        with lock:
            self.log_file.write(json.dumps({"t": time.time(), **fields}) + "\n")
            self.log_file.flush()

    def choose(self, method, path, headers):
        key = "%s %s" % (method, path.partition("?")[0])
        key = key if key in self.table else method
        replies = self.table.get(key, {})
        replies = replies if isinstance(replies, list) else [replies]
        with lock:
            n = self.counts[key] = self.counts.get(key, -1) + 1
        reply = replies[min(n, len(replies) - 1)]
        name, pattern = reply.get("require", ("", ""))
        if not re.search(pattern, headers.get(name, "")):
            return reply.get("otherwise", {"status": 403})
        return reply

    def fill(self, text):
        for name, value in self.values.items():
            text = text.replace("{%s}" % name, value)
        return re.sub(r"\{date([+-]\d+)\}", lambda m: email.utils.formatdate(
            time.time() + int(m[1]), usegmt=True), text)


# ---- the peers --------------------------------------------------------------


class Refused(Exception):
    """A tool's complaint."""


class Peers:
    def __init__(self, script):
        self.script = script
        self.count = 0

    def make(self, tool, stdin=""):
        """A session of rtc-answer's or rtc-offer's: its number, its text."""
        with lock:
            self.count += 1
            number = self.count
        command = [tool, "-q", "-s", "peer%d.session" % number,
                   "--interface", "lo"]
        clips = self.script.table.get("clips", [])
        for clip in clips:
            command += {"ogg": ["--audio", "opus"], "ivf": ["--video", "vp8"]
                        }.get(clip.rpartition(".")[2], ["--video", "h264"])
        if clips:
            command += ["--direction", "sendonly"]
        done = subprocess.run(command, input=stdin.encode("latin-1"),
                              capture_output=True, check=False)
        if done.returncode:
            raise Refused(done.stderr.decode("latin-1"))
        return number, done.stdout.decode("latin-1")

    def run(self, number, answer, remote=None):
        """Media for the session, until its end."""
        table, name = self.script.table, "peer%d" % number
        clips, gate = list(table.get("clips", [])), table.get("gate")
        command = ["rtc-send" if clips else "rtc-recv", "-q",
                   "-s", name + ".session", "--events", name + ".jsonl"]
        if remote is not None:
            with open(name + ".remote", "wb") as file:
                file.write(remote.encode("latin-1"))
            command += ["--remote", name + ".remote"]
        if not clips:
            for kind in accepted(answer):
                command += ["--%s-out" % kind, "%s.%s" % (name, kind)]
        elif gate:
            command += ["-"] + clips[1:]
        else:
            command += (["--loop"] if table.get("loop") else []) + clips
        with open(name + ".err", "wb") as err:
            process = subprocess.Popen(
                command, stderr=err, stdout=subprocess.DEVNULL,
                stdin=subprocess.PIPE if gate else subprocess.DEVNULL)
        write(name + ".pid", process.pid)
        if gate:
            threading.Thread(target=feed_on_event, daemon=True, args=(
                process, clips[0], name + ".jsonl", gate)).start()
        status = process.wait()
        write(name + ".status", status if status >= 0 else 128 - status)

    def start(self, *args):
        threading.Thread(target=self.run, args=args, daemon=True).start()


def write(name, value):
    with open(name + ".new", "w", encoding="ascii") as file:
        file.write("%d\n" % value)
    os.rename(name + ".new", name)


def accepted(description):
    """The kinds of media a description takes."""
    sections = description.split("\nm=")[1:]
    return sorted({s.split()[0] for s in sections
                   if s.split()[1] != "0" or "a=bundle-only" in s})


def feed_on_event(process, clip, events, event):
    """The IVF header, and from that event on the frames."""
    with open(clip, "rb") as file:
        data = file.read()
    process.stdin.write(data[:32])
    process.stdin.flush()
    while process.poll() is None:
        if os.path.exists(events):
            with open(events, encoding="utf-8") as file:
                if '"event":"%s"' % event in file.read():
                    break
        time.sleep(0.02)
    try:
        process.stdin.write(data[32:])
        process.stdin.close()
    except BrokenPipeError:
        pass


def edit(text, rules):
    for pattern, replacement in rules:
        text = re.sub(pattern, replacement, text, flags=re.M)
    return text


def with_candidates(text, count):
    more = "".join(
        "a=candidate:%d 1 udp %d 127.%d.%d.%d 9 typ host\r\n"
        % (n, 2000000000 - n, 1 + n // 65536, n // 256 % 256, n % 256)
        for n in range(count))
    return text.replace("a=candidate", more + "a=candidate", 1)


# ---- HTTP -------------------------------------------------------------------


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    session_of = {}  # path of a session, its peer

    def log_message(self, *args):
        pass

    def read_body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while length := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(length)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def answer(self):
        server, script = self.server, self.server.script
        self.body = self.read_body().decode("latin-1")
        headers = {}
        for name, value in self.headers.items():
            name = name.lower()
            headers[name] = (headers[name] + ", " if name in headers
                             else "") + value
        script.log(origin=server.origin, method=self.command, path=self.path,
                   headers=headers, body=self.body)
        reply = script.choose(self.command, self.path, self.headers)
        time.sleep(reply.get("delay", 0))
        try:
            self.give(reply)
        except OSError as error:  # the client has left
            script.log(left=str(error))
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer
    do_OPTIONS = answer

    def give(self, reply):
        if reply.get("hang"):
            self.connection.recv(1)
        elif "raw" in reply:
            self.wfile.write(reply["raw"].encode("latin-1"))
        elif not reply.get("close"):
            self.give_reply(reply)
            return
        self.close_connection = True

    def give_reply(self, reply):
        status, headers, body = self.default(reply)
        for name, value in reply.get("headers", {}).items():
            for known in [k for k in headers if k.lower() == name.lower()]:
                del headers[known]
            headers[name] = value
        body = self.server.script.fill(body).encode("latin-1")
        self.send_response(status)
        for name, value in headers.items():
            for one in value if isinstance(value, list) else [value]:
                if one is not None:
                    self.send_header(name, self.server.script.fill(one))
        if reply.get("endless"):
            self.give_endless(reply["endless"])
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD" or status == 204:
            return
        body = body[:reply.get("truncate", len(body))]
        if "truncate" in reply:
            self.close_connection = True
        if "drip" in reply:
            for n in range(len(body)):
                self.wfile.write(body[n:n + 1])
                time.sleep(reply["drip"])
        else:
            self.wfile.write(body)

    def give_endless(self, what):
        """Up to the client's leaving, which is an OSError."""
        if what == "headers":
            while True:
                self.send_header("X-More", "x" * 1000)
                self.flush_headers()
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        piece = b"a=x:" + b"y" * (CHUNK - 6) + b"\r\n"
        while True:
            self.wfile.write(b"%x\r\n%s\r\n" % (CHUNK, piece))

    def default(self, reply):
        """Status, headers and body, of which a script may change any."""
        status, headers, body = {
            "POST": (201, {}, ""),
            "PATCH": (204, {}, ""),
            "DELETE": (200, {}, ""),
            "OPTIONS": (200, {"Accept-Post": "application/sdp",
                              "Access-Control-Allow-Origin": "*"}, ""),
        }.get(self.command, (200, {"Content-Type": "application/sdp"}, ""))
        status = reply.get("status", status)
        what = reply.get("session", "answer" if self.command == "POST" and
                         status < 300 and "body" not in reply else None)
        if what:
            try:
                status, headers, body = self.session(what, reply, status)
            except Refused as error:
                print(error, file=sys.stderr)
                return 400, {"Content-Type": "text/plain"}, str(error)
        return status, headers, reply.get("body", body)

    def session(self, what, reply, status):
        peers = self.server.peers
        headers = {}
        if what == "take":
            number, offer = self.session_of[self.path]
            peers.start(number, offer, self.body)
            return status, headers, ""
        if what == "offer":
            number, text = peers.make("rtc-offer")
        else:
            offer = edit(self.body, reply.get("edit_offer", []))
            number, text = peers.make("rtc-answer", offer)
            peers.start(number, text)
        headers = {"Content-Type": "application/sdp",
                   "Location": "/session/%d" % number,
                   "ETag": '"ice%d"' % number}
        self.session_of[headers["Location"]] = number, text
        text = edit(text, reply.get("edit_answer", []))
        return status, headers, with_candidates(text,
                                                reply.get("candidates", 0))


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, origin, pem, script, peers):
        super().__init__(("127.0.0.1", 0), Handler)
        self.origin, self.script, self.peers = origin, script, peers
        self.tls = None
        if pem:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(pem)
        self.url = "%s:%d" % ("https://localhost" if pem else
                              "http://127.0.0.1", self.server_port)

    def server_bind(self):
        # The base class would look the name of the address up.
        socket.socket.setsockopt(self.socket, socket.SOL_SOCKET,
                                 socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address

    def finish_request(self, request, client_address):
        if self.tls:  # in the request's own thread
            try:
                request = self.tls.wrap_socket(request, server_side=True)
            except OSError as error:
                self.script.log(origin=self.origin, tls=str(error))
                return
        try:
            super().finish_request(request, client_address)
        except (OSError, ValueError) as error:
            self.script.log(origin=self.origin, left=str(error))
        if self.tls:
            request.close()


# ---- STUN -------------------------------------------------------------------


def attribute(kind, value):
    return struct.pack(">HH", kind, len(value)) + value + \
        bytes(-len(value) % 4)


def attributes(message):
    found, at = {}, 20
    while at + 4 <= len(message):
        kind, length = struct.unpack_from(">HH", message, at)
        found[kind] = message[at + 4:at + 4 + length].decode("latin-1")
        at += 4 + length + -length % 4
    return found


def stun_reply(message, script):
    """Binding: an address of no one. Allocate: 401, and in the end 403."""
    kind, asked = struct.unpack_from(">H", message)[0], attributes(message)
    username, realm = asked.get(6), asked.get(0x14)
    script.log(stun={1: "binding", 3: "allocate"}.get(kind, kind),
               username=username, realm=realm)
    if kind == 1:
        address = struct.unpack(">I", socket.inet_aton(MAPPED[0]))[0] ^ MAGIC
        kind, body = 0x101, attribute(0x20, struct.pack(
            ">BBHI", 0, 1, MAPPED[1] ^ MAGIC >> 16, address))
    elif kind == 3 and username is None:
        kind, body = 0x113, attribute(9, b"\0\0\4\1Unauthorized")
        body += attribute(0x14, script.table.get("realm", "test").encode())
        body += attribute(0x15, b"nonce")
    elif kind == 3:
        kind, body = 0x113, attribute(9, b"\0\0\4\3Forbidden")
    else:
        return None
    return struct.pack(">HH", kind, len(body)) + message[4:20] + body


def serve_stun(sock, script):
    delay = script.table.get("stun_delay", 0)
    while True:
        select.select([sock], [], [])
        message, address = sock.recvfrom(2048)
        reply = stun_reply(message, script) if len(message) >= 20 else None
        if reply:
            threading.Timer(delay, sock.sendto, (reply, address)).start()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--script")
    parser.add_argument("--log", default="server.log")
    parser.add_argument("--stun", action="store_true")
    parser.add_argument("origin", nargs="+")
    options = parser.parse_args()
    text = ""
    if options.script:
        with open(options.script, encoding="utf-8") as file:
            text = file.read()
    with open(options.log, "a", encoding="utf-8") as log:
        script = Script(text, log)
        peers = Peers(script)
        servers = [Server(n, origin.partition("=")[2], script, peers)
                   for n, origin in enumerate(options.origin)]
        ports = [server.server_port for server in servers]
        script.values = {str(s.origin): s.url for s in servers}
        threads = [threading.Thread(target=s.serve_forever) for s in servers]
        if options.stun:
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind(("127.0.0.1", 0))
            ports.append(sock.getsockname()[1])
            script.values["stun"] = str(ports[-1])
            threads.append(threading.Thread(target=serve_stun,
                                            args=(sock, script)))
        for thread in threads:
            thread.start()
        print(*ports, flush=True)
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main()
