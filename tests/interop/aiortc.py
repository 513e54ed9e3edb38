# SPDX-License-Identifier: MIT
"""aiortc in a pipe: sends a moving picture or a tone, or counts the frames that
it decodes. Options, descriptions and exit status: contract.py."""
import asyncio
import fractions
import sys
import time

import contract

# This file has the name of the library: it is not to be found before that.
sys.path.pop(0)

import aioice.ice  # noqa: E402
import aiortc  # noqa: E402
import av  # noqa: E402
import numpy  # noqa: E402
from aiortc import mediastreams  # noqa: E402

CONNECT_LIMIT_S = 10
AUDIO_RATE = 48000
AUDIO_SAMPLES = AUDIO_RATE // 50  # of 20 ms


class Picture(mediastreams.MediaStreamTrack):
    """Grey, with a bar that moves."""
    kind = "video"
    count = 0
    started = None

    async def recv(self):
        self.started = self.started or time.monotonic()
        await asyncio.sleep(self.started + self.count / contract.FPS -
                            time.monotonic())
        pixels = numpy.full((contract.HEIGHT, contract.WIDTH, 3), 96, "uint8")
        x = self.count * 8 % contract.WIDTH
        pixels[:, x:x + 32] = (200, 64, 32)
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        frame.pts = self.count * 90000 // contract.FPS
        frame.time_base = fractions.Fraction(1, 90000)
        self.count += 1
        return frame


class Tone(mediastreams.MediaStreamTrack):
    """480 Hz: a period is 100 samples."""
    kind = "audio"
    count = 0
    started = None

    async def recv(self):
        self.started = self.started or time.monotonic()
        await asyncio.sleep(self.started + self.count / 50 - time.monotonic())
        at = numpy.arange(AUDIO_SAMPLES) + self.count * AUDIO_SAMPLES
        samples = (8000 * numpy.sin(at * 2 * numpy.pi / 100)).astype("int16")
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), "s16",
                                           "mono")
        frame.sample_rate = AUDIO_RATE
        frame.pts = self.count * AUDIO_SAMPLES
        frame.time_base = fractions.Fraction(1, AUDIO_RATE)
        self.count += 1
        return frame


class Session:
    def __init__(self, options):
        self.options = options
        self.kind = "audio" if options.codec == "opus" else "video"
        self.pc = aiortc.RTCPeerConnection()
        self.track = Tone() if self.kind == "audio" else Picture()
        self.frames = 0
        self.errors = []
        self.connected = asyncio.Event()
        self.ended = asyncio.Event()  # by the remote
        self.counter = None
        self.pc.on("track", self.on_track)
        self.pc.on("connectionstatechange", self.on_state)

    def on_state(self):
        state = self.pc.connectionState
        if state == "connected":
            self.connected.set()
        elif state == "failed":
            self.errors.append("the connection failed")
            self.connected.set()
        elif state == "closed":
            self.ended.set()

    def on_track(self, track):
        self.counter = asyncio.ensure_future(self.count(track))

    async def count(self, track):
        try:
            while True:
                await track.recv()
                self.frames += 1
        except mediastreams.MediaStreamError:
            self.ended.set()

    def prefer_codec(self):
        """The one codec and its retransmission."""
        wanted = [f"{self.kind}/{self.options.codec}", f"{self.kind}/rtx"]
        known = aiortc.RTCRtpSender.getCapabilities(self.kind).codecs
        for one in self.pc.getTransceivers():
            one.setCodecPreferences(
                [c for c in known if c.mimeType.lower() in wanted])

    def add_track(self):
        if self.options.send:
            self.pc.addTrack(self.track)
        for one in self.pc.getTransceivers():
            one.direction = "sendonly" if self.options.send else "recvonly"

    async def offer(self):
        if self.options.recv:
            self.pc.addTransceiver(self.kind, direction="recvonly")
        self.add_track()
        self.prefer_codec()
        await self.pc.setLocalDescription(await self.pc.createOffer())
        contract.write_description(self.pc.localDescription.sdp)
        await self.pc.setRemoteDescription(aiortc.RTCSessionDescription(
            contract.read_description(), "answer"))

    async def answer(self):
        await self.pc.setRemoteDescription(aiortc.RTCSessionDescription(
            contract.read_description(), "offer"))
        self.add_track()
        self.prefer_codec()
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        contract.write_description(self.pc.localDescription.sdp)

    async def packets(self):
        """Of the received ones, getStats tells only one SSRC's: the RTX's."""
        if self.options.recv:
            receiver = self.pc.getTransceivers()[0].receiver
            streams = receiver._RTCRtpReceiver__remote_streams.values()
            return sum(one.packets_received for one in streams)
        return sum(one.packetsSent
                   for one in (await self.pc.getStats()).values()
                   if one.type == "outbound-rtp")

    async def run(self):
        await (self.offer() if self.options.offer else self.answer())
        await asyncio.wait_for(self.connected.wait(), CONNECT_LIMIT_S)
        try:
            await asyncio.wait_for(self.ended.wait(), self.options.seconds)
        except asyncio.TimeoutError:
            pass
        packets = await self.packets()
        await self.pc.close()
        if self.options.send:
            self.frames = self.track.count
        return {"peer": f"aiortc {aiortc.__version__}", "packets": packets,
                "frames": self.frames, "errors": self.errors}


async def main():
    options = contract.options()
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
    session = Session(options)
    try:
        values = await session.run()
    except (Exception, asyncio.TimeoutError) as error:
        values = {"errors": [f"{type(error).__name__}: {error}"]}
    return contract.report(options.report, **values)


sys.exit(asyncio.run(main()))
