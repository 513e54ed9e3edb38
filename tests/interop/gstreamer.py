# SPDX-License-Identifier: MIT
"""GStreamer's webrtcbin in a pipe: sends a test picture or a tone, or counts
the buffers that it decodes. It ends without a word, neither a BYE nor a close
alert, and does not tell of the remote's. Options, descriptions and exit status:
contract.py; and --missing prints what is not installed, if anything."""
import re
import sys

import contract

CONNECT_LIMIT_S = 10
QUIET_S = 0.5  # after the last buffer: the remote has ended

# What each codec needs: clock, fmtp as caps, sending and receiving elements.
CODECS = {
    "vp8": {
        "name": "VP8", "media": "video", "clock": 90000, "caps": "",
        "send": "vp8enc deadline=1 cpu-used=8 keyframe-max-dist=15"
                " target-bitrate=400000 ! rtpvp8pay name=pay"
                " picture-id-mode=15-bit",
        "recv": "rtpvp8depay ! vp8dec"},
    "h264": {
        "name": "H264", "media": "video", "clock": 90000,
        "caps": ",packetization-mode=(string)1",
        "send": "x264enc tune=zerolatency speed-preset=ultrafast bitrate=400"
                " key-int-max=15 ! video/x-h264,profile=constrained-baseline !"
                " rtph264pay name=pay config-interval=-1"
                " aggregate-mode=zero-latency",
        "recv": "rtph264depay ! avdec_h264"},
    "h265": {
        "name": "H265", "media": "video", "clock": 90000, "caps": "",
        "send": "x265enc tune=zerolatency speed-preset=ultrafast bitrate=400"
                " key-int-max=15 ! video/x-h265,profile=main !"
                " rtph265pay name=pay config-interval=-1"
                " aggregate-mode=zero-latency",
        "recv": "rtph265depay ! avdec_h265"},
    "opus": {
        "name": "OPUS", "media": "audio", "clock": 48000,
        "caps": ",encoding-params=(string)2",
        "send": "opusenc frame-size=20 ! rtpopuspay name=pay",
        "recv": "rtpopusdepay ! opusdec"},
}
SOURCES = {
    "video": "videotestsrc is-live=true pattern=ball ! video/x-raw,"
             f"format=I420,width={contract.WIDTH},height={contract.HEIGHT},"
             f"framerate={contract.FPS}/1",
    "audio": "audiotestsrc is-live=true samplesperbuffer=960 !"
             " audio/x-raw,rate=48000,channels=2",
}


def load():
    """GStreamer's modules, or a SystemExit that says what is missing."""
    try:
        import gi
        gi.require_version("Gst", "1.0")
        gi.require_version("GstSdp", "1.0")
        gi.require_version("GstWebRTC", "1.0")
        from gi.repository import GLib, Gst, GstSdp, GstWebRTC
    except (ImportError, ValueError) as error:
        raise SystemExit(f"python3-gi or GStreamer is missing: {error}")
    Gst.init(None)
    return GLib, Gst, GstSdp, GstWebRTC


def missing():
    """What is not installed, in a sentence; or nothing."""
    try:
        gst = load()[1]
    except SystemExit as error:
        return error
    wanted = ["webrtcbin", "nicesrc", "dtlsdec", "srtpdec"]
    for one in CODECS.values():
        wanted += re.findall(r"(?:^|! )(\w+)(?= |$)",
                             one["send"] + " ! " + one["recv"])
    for name in wanted:
        if gst.ElementFactory.find(name) is None:
            return f"GStreamer's {name} is not installed"
    return ""


class Session:
    def __init__(self, options, modules):
        self.options = options
        self.glib, self.gst, self.sdp, self.webrtc = modules
        self.codec = CODECS[options.codec]
        self.loop = self.glib.MainLoop()
        self.frames = self.packets = self.seen = 0
        self.errors = []
        self.kept = []  # references that GStreamer's Python lets go too early
        self.connected = False

    # ---- the pipeline

    def caps(self, payload_type):
        return (f"application/x-rtp,media={self.codec['media']}"
                f",encoding-name={self.codec['name']}"
                f",payload={payload_type},clock-rate={self.codec['clock']}"
                f"{self.codec['caps']}")

    def build(self, payload_type):
        text = "webrtcbin name=w bundle-policy=max-bundle"
        if self.options.send:
            text += (f" {SOURCES[self.codec['media']]} ! valve name=valve"
                     f" ! {self.codec['send']}"
                     f" ! capsfilter name=rtp caps={self.caps(payload_type)}"
                     " ! w.")
        self.pipe = self.gst.parse_launch(f"pipeline.( {text} )")
        self.bin = self.pipe.get_by_name("w")
        agent = self.bin.props.ice_agent
        agent.emit("add-local-ip-address", "127.0.0.1")
        self.kept.append(agent)
        self.bin.connect("pad-added", self.on_pad)
        self.bin.connect("notify::connection-state", self.on_state)
        bus = self.pipe.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", self.on_error)
        if self.options.send:
            pay = self.pipe.get_by_name("pay")
            pay.props.pt = payload_type
            self.pipe.get_by_name("valve").props.drop = True
            self.probe(pay.get_static_pad("sink"), self.count_frame)
            self.probe(pay.get_static_pad("src"), self.count_packet)

    def probe(self, pad, count):
        kind = self.gst.PadProbeType
        pad.add_probe(kind.BUFFER | kind.BUFFER_LIST, count)

    def count_frame(self, _pad, _info):
        self.frames += 1
        return self.gst.PadProbeReturn.OK

    def count_packet(self, _pad, info):
        if info.type & self.gst.PadProbeType.BUFFER_LIST:
            self.packets += info.get_buffer_list().length()
        else:
            self.packets += 1
        return self.gst.PadProbeReturn.OK

    def on_pad(self, _bin, pad):
        if pad.get_direction() != self.gst.PadDirection.SRC:
            return
        decoder = self.gst.parse_bin_from_description(
            f"{self.codec['recv']} ! fakesink name=sink sync=false", True)
        sink = decoder.get_by_name("sink").get_static_pad("sink")
        self.probe(sink, self.count_frame)
        self.probe(pad, self.count_packet)
        self.pipe.add(decoder)
        pad.link(decoder.get_static_pad("sink"))
        decoder.sync_state_with_parent()

    def on_state(self, *_):
        state = self.bin.props.connection_state.value_nick
        if state == "connected" and not self.connected:
            self.connected = True
            self.glib.idle_add(self.start)
        elif state in ("failed", "closed"):
            if state == "failed":
                self.errors.append("the connection failed")
            self.loop.quit()

    def on_error(self, _bus, message):
        error, detail = message.parse_error()
        self.errors.append(f"{error.message} ({detail})"[:300])
        self.loop.quit()

    # ---- negotiation

    def ask(self, signal, *arguments):
        """Emits it and waits; returns the reply."""
        promise = self.gst.Promise.new()
        self.bin.emit(signal, *arguments, promise)
        promise.wait()
        reply = promise.get_reply()
        self.kept += [promise, reply]
        if reply is not None and reply.has_field("error"):
            raise RuntimeError(f"{signal}: {reply.to_string()}")
        return reply

    def set_local(self, kind):
        reply = self.ask(f"create-{kind}", None)
        description = reply.get_value(kind)
        self.ask("set-local-description", description)
        while (self.bin.props.ice_gathering_state !=
               self.webrtc.WebRTCICEGatheringState.COMPLETE):
            self.glib.MainContext.default().iteration(False)
        contract.write_description(
            self.bin.props.local_description.sdp.as_text())

    def set_remote(self, kind, text):
        _, message = self.sdp.SDPMessage.new_from_text(text)
        description = self.webrtc.WebRTCSessionDescription.new(
            kind, message)
        self.kept += [message, description]
        self.ask("set-remote-description", description)

    def offer(self):
        self.build(96)
        self.pipe.set_state(self.gst.State.PLAYING)
        direction = self.webrtc.WebRTCRTPTransceiverDirection
        if self.options.send:
            transceiver = self.bin.emit("get-transceiver", 0)
            transceiver.props.direction = direction.SENDONLY
        else:
            transceiver = self.bin.emit(
                "add-transceiver", direction.RECVONLY,
                self.gst.Caps.from_string(self.caps(96)))
        self.configure(transceiver)
        self.set_local("offer")
        self.set_remote(self.webrtc.WebRTCSDPType.ANSWER,
                        contract.read_description())

    def configure(self, transceiver):
        transceiver.props.do_nack = self.codec["media"] == "video"
        self.kept.append(transceiver)

    def answer(self):
        text = contract.read_description()
        name = self.codec["name"]
        found = re.search(rf"^a=rtpmap:(\d+) {name}/", text,
                          re.MULTILINE | re.IGNORECASE)
        if found is None:
            raise RuntimeError(f"the offer has no {name}")
        self.build(int(found[1]))
        self.pipe.set_state(self.gst.State.PLAYING)
        self.set_remote(self.webrtc.WebRTCSDPType.OFFER, text)
        self.set_local("answer")

    # ---- media

    def start(self):
        if self.options.send:
            self.pipe.get_by_name("valve").props.drop = False
        else:
            self.glib.timeout_add(int(QUIET_S * 1000), self.look)
        self.glib.timeout_add(int(self.options.seconds * 1000), self.loop.quit)

    def look(self):
        """Ends when nothing more was decoded since the last look."""
        if self.frames and self.frames == self.seen:
            self.loop.quit()
        self.seen = self.frames
        return True

    def late(self):
        if not self.connected:
            self.errors.append("not connected in time")
            self.loop.quit()

    def run(self):
        if self.options.offer:
            self.offer()
        else:
            self.answer()
        self.glib.timeout_add(CONNECT_LIMIT_S * 1000, self.late)
        self.loop.run()
        frames, packets = self.frames, self.packets
        self.pipe.set_state(self.gst.State.NULL)
        return {"peer": self.gst.version_string(), "packets": packets,
                "frames": frames, "errors": self.errors}


def main():
    if sys.argv[1:] == ["--missing"]:
        print(missing())
        return 0
    options = contract.options()
    session = Session(options, load())
    try:
        values = session.run()
    except Exception as error:
        values = {"errors": [f"{type(error).__name__}: {error}"]}
    return contract.report(options.report, **values)


sys.exit(main())
