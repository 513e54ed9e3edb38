# SPDX-License-Identifier: MIT
"""A WHIP or WHEP server that keeps RFC 9725, but for what it is told to break.

server.py hands it each request to /conform/BROKEN/ENDPOINT and to sessions
below. BROKEN names what is broken (the id of a case of rtc-probe conformance,
or some word below), or is `nothing`. ENDPOINT is `whip` or `whep`; with `auth`
in front of that, the token is `secret`. With `real` in front, peers of
server.py are behind the sessions; else there is nobody, and no connection.
`sessions` tells how many there are.
"""
import itertools
import os
import re
import time
import uuid

TOKEN = "Bearer secret"
SDP, FRAGMENT = "application/sdp", "application/trickle-ice-sdpfrag"
LINKS = ['<stun:stun.example.net>; rel="ice-server"',
         '<turn:turn.example.net?transport=udp>; rel="ice-server"; '
         'username="user"; credential="x"; credential-type="password"',
         '</sse>; rel="urn:ietf:params:whip:ext:example:sse"']
sessions = {}  # by path
numbers = itertools.count()


class Session:
    def __init__(self, path, offer, talk):
        self.path, self.offer, self.talk = path, offer, talk
        self.tag, self.restarts, self.born = '"tag.0"', 0, time.time()

    def next_tag(self):
        self.restarts += 1
        self.tag = '"tag.%d"' % self.restarts


def line_of(text, name):
    found = re.search(r"^a=%s:(.*?)\r?$" % name, text, re.M)
    return found[1] if found else ""


def canned_answer(offer, broken):
    """What a server would say that has one address, where nobody is."""
    _, *sections = re.split(r"^(?=m=)", offer, flags=re.M)
    mids = [line_of(section, "mid") for section in sections]
    lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0"]
    rejected = {"S14.2": 1, "S14.1": 2}.get(broken, 99)  # and all behind it
    lines.append("a=group:BUNDLE " + " ".join(mids[:rejected]))
    if broken == "lite":
        lines.append("a=ice-lite")
    for n, section in enumerate(sections):
        port = 0 if n >= rejected else 9
        lines.append(re.sub(r" \d+ ", " %d " % port,
                            section.splitlines()[0], count=1))
        lines += ["c=IN IP4 0.0.0.0", "a=mid:" + mids[n],
                  "a=ice-ufrag:" + ("same" if broken == "lite" else "abcd"),
                  "a=ice-pwd:0123456789012345678901",
                  "a=x" if broken == "S02.6" else "a=rtcp-mux",
                  "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
                  "a=setup:" + ("active" if broken == "S15.1" and
                                "a=setup:active" not in offer else "passive")]
        opposite = {"a=sendonly": "a=recvonly", "a=recvonly": "a=sendonly"}
        lines += [opposite[line] if broken != "S02.5" else "a=inactive"
                  for line in section.splitlines() if line in opposite]
        lines += [line for line in section.splitlines()
                  if re.match("a=(rtpmap|fmtp|rtcp-fb):", line)]
        if broken != "S03.1":
            lines += ["a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host",
                      "a=end-of-candidates"]
        if opposite and "a=recvonly" in section:
            lines.append("a=msid:stream track%d" % n)
    return "\r\n".join(lines) + "\r\n"


class Request:
    """One of those that server.py got; `answer` gives status, header fields
    and body."""

    def __init__(self, handler):
        self.handler, self.headers = handler, handler.headers
        self.body, self.method = handler.body, handler.command
        self.broken, self.endpoint, *rest = \
            handler.path.partition("?")[0].split("/")[2:]
        self.session = sessions.get(handler.path)
        self.at_session = bool(rest)

    def is_broken(self, *names):
        return self.broken in names

    def answer(self):
        if self.endpoint == "sessions":
            return 200, {}, str(len(sessions))
        if self.method == "OPTIONS":
            return self.options()
        if self.endpoint.startswith("auth") and \
                self.headers.get("Authorization") != TOKEN and \
                not self.is_broken({"POST": "S13.1", "PATCH": "S13.3",
                                    "DELETE": "S13.4"}.get(self.method)):
            if self.is_broken("S13.2"):
                return 401, {}, ""
            return 401, {"WWW-Authenticate": "Bearer"}, ""
        if self.at_session and not self.session:
            return 500 if self.is_broken("S12.2") else 404, {}, ""
        name = self.method.lower()
        if self.at_session:
            name = "session_" + name
        return getattr(self, name, lambda: (405, {}, ""))()

    # ---- the endpoint

    def options(self):
        if self.is_broken("S05.1"):
            return 404, {"Access-Control-Allow-Origin": "*",
                         "Access-Control-Allow-Headers": "*",
                         "Accept-Post": SDP}, ""
        if self.is_broken("S13.5"):
            return 401, {}, ""
        headers = {"Access-Control-Allow-Origin": "*",
                   "Access-Control-Allow-Methods": "POST, PATCH, DELETE",
                   "Access-Control-Allow-Headers":
                       "Authorization, Content-Type, If-Match",
                   "Accept-Post": SDP}
        if self.is_broken("S05.2"):
            del headers["Access-Control-Allow-Origin"]
        if self.is_broken("origin"):
            headers["Access-Control-Allow-Origin"] = "https://localhost"
        if self.is_broken("S05.3"):
            headers["Access-Control-Allow-Headers"] = "Authorization"
        if self.is_broken("S05.4"):
            del headers["Accept-Post"]
        if self.is_broken("S06.1"):
            headers["Link"] = LINKS
        return 204 if self.is_broken("options204") else 200, headers, ""

    def get(self):
        if self.is_broken("S04.1"):
            return 404, {}, ""
        if self.is_broken("get405"):
            return 405, {}, ""
        return 200, {}, "a page" if self.is_broken("S04.2") else ""

    def head(self):
        return 200, {} if self.is_broken("S19.1") else \
            {"Content-Type": SDP}, ""

    def post(self):
        if self.is_broken("S16.1"):
            return 301, {"Location": "/elsewhere"}, ""
        if self.is_broken("moved"):
            return 307, {"Location": "/conform/nothing/whip"}, ""
        for name in ("404", "409", "500", "503"):
            if self.is_broken(name):
                return int(name), {"Retry-After": "7"}, ""
        if self.is_broken("S16.2"):
            return 503, {}, ""
        if self.is_broken("S19.2"):
            return 409, {}, ""
        if self.headers.get("Content-Type") != SDP and \
                not self.is_broken("S01.1"):
            return 415, {}, ""
        if not self.body.startswith("v=0"):
            if self.is_broken("limited") and next(numbers) > 5:
                return 429, {}, ""
            return 200 if self.is_broken("S01.2") else 400, {}, ""
        if self.body.count("m=video") > 1 and \
                not self.is_broken("S14.1", "all_tracks"):
            return 422, {}, ""
        if "a=setup:active" in self.body and self.is_broken("S15.1"):
            return 500, {}, ""
        if self.is_broken("S02.1"):
            return 400, {}, ""
        return self.make_session()

    def make_session(self):
        talk, answer = None, canned_answer(self.body, self.broken)
        if "real" in self.endpoint and "candidate:" in self.body:
            _, answer, talk = self.handler.server.peers.start(self.body)
        name = str(uuid.uuid4())
        if self.is_broken("S18.1"):
            name = "mine"
        if self.is_broken("sticky"):
            name = self.headers.get("Authorization").replace(" ", "/")
        if self.is_broken("S18.2"):
            name = str(1000 + next(numbers))
        path = "%s/%s" % (self.handler.path.partition("?")[0], name)
        session = sessions[path] = Session(path, self.body, talk)
        headers = {"Content-Type": SDP, "Location": path,
                   "ETag": session.tag, "Link": LINKS}
        if self.is_broken("S02.2"):
            headers["Content-Type"] = "text/plain"
        if self.is_broken("S02.3"):
            del headers["Location"]
        if self.is_broken("S02.4"):
            answer = answer.replace("v=0", "v=x")
        if self.is_broken("S08.1"):
            headers["ETag"] = session.tag = "unquoted"
        if self.is_broken("no_tag"):
            del headers["ETag"]
        if self.is_broken("S17.1"):
            headers["Link"] = "nonsense"
        if self.is_broken("S17.2"):
            headers["Link"] = '<turn:example.net>; rel="ice-server"'
        if self.is_broken("many_links"):
            headers["Link"] = LINKS * 2000
        if self.is_broken("echo"):
            headers["ETag"] = session.tag = \
                '"%s"' % self.headers.get("Authorization")
        if self.is_broken("counter", "S19.3", "S19.4"):
            return self.counter_offer(session, headers)
        return 201, headers, answer

    # ---- a session

    def counter_offer(self, session, headers):
        """The answer as an offer: of a server that would rather ask."""
        offer = canned_answer(session.offer, "").replace("passive", "actpass")
        if self.is_broken("S19.3"):
            offer = offer.replace("sendonly", "recvonly")
        return 406, headers, offer

    def session_get(self):
        if self.is_broken("S04.3"):
            return 404, {}, ""
        return 200, {}, "a page" if self.is_broken("S04.4") else ""

    def session_patch(self):
        status, headers, body = self.patch()
        if self.is_broken("no_patch"):
            return 405, {}, ""
        return status, headers, body

    def patch(self):
        kind = self.headers.get("Content-Type")
        if kind == SDP and self.is_broken("counter", "S19.3", "S19.4"):
            return 200 if self.is_broken("S19.4") else 204, {}, ""
        if kind != FRAGMENT:
            return 204 if self.is_broken("S07.1") else 415, {}, ""
        ufrag = line_of(self.body, "ice-ufrag")
        if not ufrag:
            return 204 if self.is_broken("S07.2") else 400, {}, ""
        if ufrag != line_of(self.session.offer, "ice-ufrag"):
            return self.restart()
        return self.trickle()

    def trickle(self):
        match = self.headers.get("If-Match")
        if self.is_broken("no_trickle", "S07.3"):
            return 422 if self.is_broken("no_trickle") else 400, {}, ""
        if not match and not self.is_broken("S09.1", "no_tag"):
            return 428, {}, ""
        if match and match != self.session.tag and not (
                self.is_broken("S09.2") if match.startswith('"rtc-probe')
                else self.is_broken("S09.3", "no_tag")):
            return 412, {}, ""
        if "rtc-probe.invalid" in self.body and self.is_broken("S10.3"):
            return 400, {}, ""
        if self.session.talk:
            self.session.talk.take(self.body)
        if self.is_broken("S10.1"):
            return 200, {}, ""
        if self.is_broken("S10.2"):
            return 204, {"ETag": self.session.tag}, ""
        return 204, {}, ""

    def restart(self):
        if self.is_broken("dies"):
            os._exit(1)
        wanted = '"*"' if self.is_broken("quoted") else "*"
        if self.is_broken("restart400"):
            return 400, {}, ""
        if self.is_broken("S11.5", "no_restart"):
            if self.is_broken("S11.5"):
                self.session.tag = '"another"'
            return 422, {}, ""
        if self.headers.get("If-Match") != wanted:
            return 412, {}, ""
        if not self.is_broken("S11.3"):
            self.session.next_tag()
        ufrag = "abcd" if self.is_broken("S11.2") else "wxyz"
        body = "a=ice-ufrag:%s\r\na=ice-pwd:5432109876543210987654\r\n" % ufrag
        if self.session.talk:
            body = self.session.talk.restart(self.body)
        return 201 if self.is_broken("S11.1") else 200, {
            "Content-Type": FRAGMENT, "ETag": self.session.tag}, body

    def session_delete(self):
        if self.is_broken("sticky"):
            return 500, {}, ""
        if self.headers.get("If-Match") and self.is_broken("S09.4"):
            return 412, {}, ""
        del sessions[self.session.path]
        if self.session.talk and not self.is_broken("S20.2"):
            self.session.talk.process.terminate()
        return 500 if self.is_broken("S12.1") else 200, {}, ""


def answer(handler):
    request = Request(handler)
    if request.is_broken("hang", "hang_" + handler.command):
        time.sleep(30)
    if request.is_broken("slow_" + handler.command):
        time.sleep(0.3)
    status, headers, body = request.answer()
    if request.is_broken("many_headers"):
        headers["X-More"] = ["x" * 1000] * 100
    if request.is_broken("long"):
        body = "v=0\r\n" + "a=x:yyyyyyyyyyyyy\r\n" * 100000
    handler.send_response(status)
    for name, value in headers.items():
        for one in value if isinstance(value, list) else [value]:
            handler.send_header(name, one)
    if status != 204:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    if handler.command != "HEAD" and status != 204:
        handler.wfile.write(body.encode("latin-1"))
