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
    deaf              the connection stays open, and is not read any more

A session is real: behind it runs `rtc-recv --signal -`, which writes to
peerN.video and peerN.audio, or, where the script has `clips`, `rtc-send`, which
sends those (`loop`: again and again; `gate`: the first, an IVF file, from
its peer's first event of that name on; before it comes what is of no use).
Where the script has `trickle`, the peer has that option, too, and a PATCH comes
to it: candidates as they are, and new credentials as a new offer, whose answer
is the fragment of the reply, with another entity tag (If-Match has to be `*`, or
what the reply's `restart_match` says). All files go into the current directory:
peerN.pid, .err, .status and .jsonl, as helper.bash has them. `realm` is what
TURN requests are told, and `stun_delay` how long STUN waits. What is below
/conform is answered by conforming.py.
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

sys.dont_write_bytecode = True
import conforming  # noqa: E402: after that

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
    """The tools behind the server, which meet by their stdin and stdout."""

    def __init__(self, script):
        self.script = script
        self.count = 0

    def command(self, name, offer):
        """What sends the clips, or takes what the offer has."""
        table = self.script.table
        options = ["-q", "--interface", "lo", "--events", name + ".jsonl",
                   "--signal", "-", "--answer" if offer else "--offer"]
        if table.get("trickle"):
            options.append("--trickle")
        clips = list(table.get("clips", []))
        if not clips:
            for kind in sorted(set(re.findall(r"^m=(video|audio)", offer or "",
                                              re.M))):
                options += ["--%s-out" % kind, "%s.%s" % (name, kind)]
            return ["rtc-recv"] + options
        if table.get("gate"):
            os.mkfifo(name + ".fifo")
            threading.Thread(target=feed_on_event, daemon=True, args=(
                name + ".fifo", clips[0], name + ".jsonl",
                table["gate"])).start()
            clips[0] = name + ".fifo"
        loop = ["--loop"] if table.get("loop") else []
        return ["rtc-send"] + options + loop + clips

    def start(self, offer=None):
        """A peer that answers the offer, or offers: its number, what it says,
        and its stdin."""
        with lock:
            self.count += 1
            number = self.count
        name = "peer%d" % number
        command = self.command(name, offer)
        with open(name + ".err", "wb") as err:
            process = subprocess.Popen(command, stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=err)
        write(name + ".pid", process.pid)
        threading.Thread(target=note_end, args=(process, name),
                         daemon=True).start()
        if self.script.table.get("trickle"):
            talk = Conversation(process, offer)
            answer = talk.exchange(offer)
            if not answer:
                with open(name + ".err", encoding="latin-1") as err:
                    raise Refused(err.read())
            return number, answer, talk
        if offer:
            tell(process.stdin, offer)
        text = process.stdout.read().decode("latin-1")
        if not text:
            with open(name + ".err", encoding="latin-1") as err:
                raise Refused(err.read())
        return number, text, process.stdin


class Conversation:
    """With a peer that trickles: JSON Lines, over and over."""

    def __init__(self, process, offer):
        self.process, self.offer = process, offer
        self.restarts = 0

    def say(self, **line):
        self.process.stdin.write(json.dumps(line).encode() + b"\n")
        self.process.stdin.flush()

    def exchange(self, offer):
        """The answer, with all its candidates in it."""
        self.say(type="offer", sdp=offer)
        for text in candidates_of(offer) + [""]:
            self.say(candidate=text, sdpMid="0", sdpMLineIndex=0)
        sdp, found = "", []
        for line in self.process.stdout:
            said = json.loads(line)
            if "sdp" in said:
                sdp = said["sdp"]
            elif said["candidate"]:
                found.append("a=%s\r\n" % said["candidate"])
            elif sdp:
                break
        more = "".join(found) + "a=end-of-candidates\r\n"
        return re.sub(r"^a=mid:.*\n", lambda m: m[0] + more, re.sub(
            r"^a=(candidate:.*|end-of-candidates)\r\n", lambda m:
            "" if m[0] in more else m[0], sdp, flags=re.M), 1, re.M)

    def is_restart(self, fragment):
        ufrag = credential(fragment, "ufrag")
        return bool(ufrag) and ufrag != credential(self.offer, "ufrag")

    def take(self, fragment):
        for text in candidates_of(fragment):
            self.say(candidate=text, sdpMid="0", sdpMLineIndex=0)

    def restart(self, fragment):
        """The offer once more, with what the fragment has: the fragment of
        the peer's answer."""
        self.restarts += 1
        offer = edit(self.offer, [
            [r"^a=(candidate:.*|end-of-candidates)\r\n", ""],
            [r"^(o=\S+ \S+ )(\d+)", lambda m: m[1] + str(int(m[2]) + 1)],
            [r"^(a=ice-(ufrag|pwd):).*\r$", lambda m: "%s%s\r" % (
                m[1], credential(fragment, m[2]))]])
        more = "".join("a=%s\r\n" % text for text in candidates_of(fragment))
        offer = re.sub(r"^a=mid:.*\r\n", lambda m: m[0] + more, offer, count=1,
                       flags=re.M)
        self.offer = offer
        return fragment_of(self.exchange(offer))


def credential(text, name):
    found = re.search(r"^a=ice-%s:(.*?)\r?$" % name, text, re.M)
    return found[1] if found else ""


def candidates_of(text):
    return re.findall(r"^a=(candidate:.*?)\r?$", text, re.M)


def fragment_of(sdp):
    """What of the session and its first section belongs there."""
    session, media, *_ = re.split(r"^(?=m=)", sdp, flags=re.M)
    wanted = r"^(?:m=|a=ice-|a=mid:|a=candidate:|a=end-of-candidates).*\n"
    return "".join(re.findall(wanted, session, re.M) +
                   re.findall(wanted, media, re.M))


def tell(stream, text):
    try:
        stream.write(text.encode("latin-1"))
        stream.close()
    except BrokenPipeError:
        pass  # its status tells why


def note_end(process, name):
    status = process.wait()
    write(name + ".status", status if status >= 0 else 128 - status)


def write(name, value):
    with open(name + ".new", "w", encoding="ascii") as file:
        file.write("%d\n" % value)
    os.rename(name + ".new", name)


def feed_on_event(fifo, clip, events, event):
    """A frame of VP8 that needs others, and from that event on the clip."""
    with open(clip, "rb") as file:
        header, data = file.read(32), file.read()
    frames, at = [], 0
    while at < len(data):
        length = struct.unpack_from("<I", data, at)[0]
        frames.append(data[at + 12:at + 12 + length])
        at += 12 + length
    with open(fifo, "wb", buffering=0) as stream:
        stream.write(header + ivf_frame(0, frames[1]))
        found = False
        while not found:
            time.sleep(0.02)
            if os.path.exists(events):
                with open(events, encoding="utf-8") as file:
                    found = '"event":"%s"' % event in file.read()
        tell(stream, b"".join(ivf_frame(n + 1, frame) for n, frame
                              in enumerate(frames)).decode("latin-1"))


def ivf_frame(time_stamp, data):
    return struct.pack("<IQ", len(data), time_stamp) + data


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
    disable_nagle_algorithm = True  # a body does not wait for an ACK
    waiting = {}  # path of a session: the stdin of its peer

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
        if self.path.startswith("/conform/"):
            self.conform()
            return
        reply = script.choose(self.command, self.path, self.headers)
        time.sleep(reply.get("delay", 0))
        try:
            self.give(reply)
        except OSError as error:  # the client has left
            script.log(left=str(error))
            self.close_connection = True

    def conform(self):
        try:
            conforming.answer(self)
        except OSError as error:
            self.server.script.log(left=str(error))
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
        if reply.get("deaf"):
            poll = select.poll()
            poll.register(self.connection, select.POLLRDHUP)
            poll.poll()
            self.close_connection = True

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
        talk = self.waiting.get(self.path)
        if self.command == "PATCH" and isinstance(talk, Conversation) and \
                not {"status", "body"} & set(reply):
            return self.patch(reply, talk)
        what = reply.get("session", "answer" if self.command == "POST" and
                         status < 300 and "body" not in reply else None)
        if what:
            try:
                status, headers, body = self.session(what, reply, status)
            except Refused as error:
                print(error, file=sys.stderr)
                return 400, {"Content-Type": "text/plain"}, str(error)
        return status, headers, reply.get("body", body)

    def patch(self, reply, talk):
        """Of a session whose peer trickles."""
        if not talk.is_restart(self.body):
            talk.take(self.body)
            return 204, {}, ""
        if self.headers.get("If-Match") != reply.get("restart_match", "*"):
            return 412, {}, ""
        fragment = talk.restart(self.body)
        return 200, {
            "Content-Type": "application/trickle-ice-sdpfrag",
            "ETag": '"%s.%d"' % (self.path.rpartition("/")[2], talk.restarts)
        }, fragment

    def session(self, what, reply, status):
        if what == "take":
            tell(self.waiting[self.path], self.body)
            return status, {}, ""
        offer = None
        if what == "answer":
            offer = edit(self.body, reply.get("edit_offer", []))
        number, text, stdin = self.server.peers.start(offer)
        location = "/session/%d" % number
        self.waiting[location] = stdin
        text = edit(text, reply.get("edit_answer", []))
        return status, {
            "Content-Type": "application/sdp", "Location": location,
            "ETag": '"ice%d"' % number
        }, with_candidates(text, reply.get("candidates", 0))


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
