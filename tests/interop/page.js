/* SPDX-License-Identifier: MIT
 *
 * The page half of browser.mjs: one RTCPeerConnection that publishes the
 * browser's fake devices or plays what comes, and a row of getStats every
 * 200 ms. browser.mjs calls the functions of `end`; all state is below, but for
 * that of a data channel: channel.js.
 */
'use strict';

const SAMPLE_MS = 200;
const CONNECT_LIMIT_MS = 15000;
const QUIET_MS = 250; /* after the remote's end: nothing more is decoded */

const state = {
    pc: null,
    started: performance.now(),
    connectedAfter: null, /* seconds */
    ended: null,          /* "remote", "time" */
    failure: null,        /* a sentence */
    transport: null,      /* as last seen before its end */
    samples: [],
};

/* What --simulcast sends: a quarter of the picture's sides, half, and all. */
const LAYERS = [{ rid: 'q', scaleResolutionDownBy: 4 },
                { rid: 'h', scaleResolutionDownBy: 2 }, { rid: 'f' }];

/* What is kept of each stream; those the browser does not have stay out. */
const STREAM_FIELDS = [
    'bytesReceived', 'bytesSent', 'concealedSamples', 'concealmentEvents',
    'firCount', 'framesDecoded', 'framesDropped', 'framesEncoded',
    'framesPerSecond', 'framesReceived', 'framesSent', 'freezeCount',
    'frameHeight', 'frameWidth', 'insertedSamplesForDeceleration', 'jitter',
    'jitterBufferDelay', 'jitterBufferEmittedCount', 'keyFramesDecoded',
    'keyFramesEncoded', 'nackCount', 'packetsDiscarded', 'packetsLost',
    'packetsReceived', 'packetsSent', 'pauseCount', 'pliCount',
    'qualityLimitationReason', 'removedSamplesForAcceleration',
    'retransmittedPacketsReceived', 'retransmittedPacketsSent',
    'silentConcealedSamples', 'totalFreezesDuration', 'totalSamplesReceived',
];
const REMOTE_FIELDS = ['fractionLost', 'jitter', 'packetsLost',
    'roundTripTime'];
const TRANSPORT_FIELDS = ['dtlsCipher', 'dtlsRole', 'iceRole',
    'selectedCandidatePairChanges', 'srtpCipher', 'tlsVersion'];
const CODEC_FIELDS = ['mimeType', 'clockRate', 'payloadType', 'sdpFmtpLine'];
const CANDIDATE_FIELDS = ['address', 'port', 'protocol', 'candidateType'];

function seconds() {
    return (performance.now() - state.started) / 1000;
}

function sleep(ms) {
    return new Promise((resolve) => setTimeout(resolve, ms));
}

function pick(from, names) {
    const kept = names.filter((name) => from?.[name] !== undefined);
    return Object.fromEntries(kept.map((name) => [name, from[name]]));
}

/* The path, what protects it and what it carries. */
function describeTransport(stats, transport) {
    const pair = stats.get(transport.selectedCandidatePairId);
    const ret = pick(transport, TRANSPORT_FIELDS);

    ret.local = pick(stats.get(pair?.localCandidateId), CANDIDATE_FIELDS);
    ret.remote = pick(stats.get(pair?.remoteCandidateId), CANDIDATE_FIELDS);
    ret.roundTripTime = pair?.currentRoundTripTime;
    ret.codecs = {};
    for (const one of stats.values())
        if (/^(in|out)bound-rtp$/.test(one.type))
            ret.codecs[one.kind] = pick(stats.get(one.codecId), CODEC_FIELDS);
    return ret;
}

/* Audio has no frames of its own, and its packets may be padding. */
function framesOfSource(stats, { kind, mediaSourceId }) {
    const seconds = stats.get(mediaSourceId)?.totalSamplesDuration;

    return kind === 'audio' && seconds !== undefined ?
        { framesSent: Math.round(seconds * 50) } : {};
}

/* A row { t, video, audio, remoteVideo, remoteAudio, layers } of one getStats;
 * layers by their rids. */
async function sample() {
    const stats = await state.pc.getStats();
    const row = { t: seconds() };

    for (const one of stats.values()) {
        if (/^(in|out)bound-rtp$/.test(one.type))
            row[one.kind] = { ...pick(one, STREAM_FIELDS),
                              ...framesOfSource(stats, one) };
        if (one.rid)
            (row.layers ??= {})[one.rid] = row[one.kind];
        if (one.type === 'remote-inbound-rtp')
            row[one.kind === 'video' ? 'remoteVideo' : 'remoteAudio'] =
                pick(one, REMOTE_FIELDS);
        if (one.type === 'transport' && one.dtlsState === 'connected')
            state.transport = describeTransport(stats, one);
    }
    return row;
}

async function sampleForever() {
    while (state.pc.signalingState !== 'closed') {
        state.samples.push(await sample());
        await sleep(SAMPLE_MS);
    }
}

/* In the order of the names. */
function capabilities(kind, ...names) {
    const { codecs } = RTCRtpReceiver.getCapabilities(kind);

    return names.flatMap((name) => codecs.filter((codec) =>
        codec.mimeType.toLowerCase() === `${kind}/${name}`));
}

function applyPreferences({ video, audio }) {
    const names = { video, audio };

    for (const transceiver of state.pc.getTransceivers()) {
        const { kind } = transceiver.receiver.track;
        if (names[kind] !== 'none') /* and its retransmission, what RED has */
            transceiver.setCodecPreferences(capabilities(kind, names[kind],
                names[kind] === 'red' ? 'opus' : 'rtx'));
    }
}

/* Sizes stay as they are where the processor is too slow. */
function publishLayers(track, stream) {
    track.contentHint = 'detail';
    state.pc.addTransceiver(track, { streams: [stream],
                                     sendEncodings: LAYERS });
}

/* The fake camera and microphone; a page that was granted them. */
async function publishDevices({ video, audio, size, simulcast }) {
    const stream = await navigator.mediaDevices.getUserMedia({
        video: video !== 'none' && { ...size, frameRate: 30 },
        audio: audio !== 'none' &&
            { echoCancellation: false, noiseSuppression: false,
              autoGainControl: false },
    });

    for (const track of stream.getTracks())
        if (simulcast)
            publishLayers(track, stream);
        else
            state.pc.addTrack(track, stream);
    for (const transceiver of state.pc.getTransceivers())
        transceiver.direction = 'sendonly';
}

function playTracks() {
    const player = document.querySelector('video');

    player.srcObject = new MediaStream();
    state.pc.ontrack = ({ track }) => player.srcObject.addTrack(track);
}

/* Says when the remote is gone: the DTLS close alert, or ICE's verdict. */
function watchTransport() {
    const [first] = state.pc.getTransceivers();
    const { transport: dtls } = state.pc.sctp ??
        (first.receiver.transport ? first.receiver : first.sender);
    const look = () => {
        const { connectionState } = state.pc;
        if (connectionState === 'connected')
            state.connectedAfter ??= seconds();
        if (dtls.state === 'closed' || connectionState === 'disconnected')
            state.ended ??= 'remote';
        if (dtls.state === 'failed' || connectionState === 'failed')
            state.failure ??= `ICE ${state.pc.iceConnectionState}, ` +
                `DTLS ${dtls.state}`;
    };

    dtls.addEventListener('statechange', look);
    state.pc.addEventListener('connectionstatechange', look);
    look();
}

/* Our description, whole. */
async function gathered() {
    while (state.pc.iceGatheringState !== 'complete')
        await new Promise((resolve) =>
            state.pc.addEventListener('icegatheringstatechange', resolve,
                { once: true }));
    return state.pc.localDescription.sdp;
}

async function until(limitMs, condition) {
    const limit = performance.now() + limitMs;

    while (!condition() && performance.now() < limit)
        await sleep(20);
    return condition();
}

/* The buffered rest is played when two rows show the same frames. */
async function drain() {
    const decoded = async () => (await sample()).video?.framesDecoded;
    let last, now = await decoded();

    do {
        last = now;
        await sleep(QUIET_MS);
        now = await decoded();
    } while (now !== last);
}

/* Packets and frames of the video, or else of the audio (as frames of 20 ms; of
 * Opus, those that were not made up); what each kind of peer reports. */
function count({ video, audio }) {
    const one = video ?? audio ?? {};
    const played = one.totalSamplesReceived - one.concealedSamples;

    return {
        packets: one.packetsReceived ?? one.packetsSent ?? 0,
        frames: one.framesDecoded ?? one.framesSent ??
            (played >= 0 ? Math.round(played / 960) : one.packetsSent) ?? 0,
    };
}

const end = {
    /* What of the options this browser lacks, in a sentence; or null. */
    async lacks({ data, video, audio }) {
        if (data)
            return null;
        for (const [kind, name] of Object.entries({ video, audio }))
            if (name !== 'none' && capabilities(kind, name).length === 0)
                return `this browser has no ${kind}/${name}`;
        return null;
    },

    /* options: direction "send" or "recv", video, audio: codec or "none",
     * size of the camera's picture */
    async open(options) {
        state.pc = new RTCPeerConnection();
        if (options.data) {
            prepareChannel(state.pc, options);
            return;
        }
        playTracks();
        if (options.direction === 'send')
            await publishDevices(options);
        sampleForever();
    },

    async offer(options) {
        if (options.direction === 'recv')
            for (const kind of ['audio', 'video'])
                if (options[kind] !== 'none')
                    state.pc.addTransceiver(kind, { direction: 'recvonly' });
        applyPreferences(options);
        await state.pc.setLocalDescription();
        return gathered();
    },

    async answer(options, sdp) {
        await state.pc.setRemoteDescription({ type: 'offer', sdp });
        applyPreferences(options);
        await state.pc.setLocalDescription();
        watchTransport();
        return gathered();
    },

    async accept(sdp) {
        await state.pc.setRemoteDescription({ type: 'answer', sdp });
        watchTransport();
    },

    /* Until the remote ends, but at most timeMs once connected. */
    async run(timeMs) {
        await until(CONNECT_LIMIT_MS, () =>
            state.connectedAfter !== null || state.failure || state.ended);
        if (state.connectedAfter === null)
            state.failure ??= `not connected in time: ICE ` +
                state.pc.iceConnectionState;
        else
            await until(timeMs, () => state.failure || state.ended);
        state.ended ??= state.failure ? 'failure' : 'time';
    },

    /* In place of run() and close() with `data`: says, hears, closes. */
    async talk(options) {
        await runTalk(state.pc, options);
        const report = await reportTalk();

        state.pc.close();
        await sleep(SAMPLE_MS); /* The close alert leaves. */
        const failure = talk.failure ?? state.failure;
        return { ...report, errors: failure ? [failure] : [], failure };
    },

    /* The report; ends the connection. */
    async close({ direction }) {
        if (direction === 'recv' && state.ended === 'remote')
            await drain();
        const last = await sample();
        const { sdp } = state.pc.remoteDescription;

        state.samples.push(last);
        state.pc.close();
        if (state.ended === 'time')
            await sleep(SAMPLE_MS); /* The close alert leaves. */
        const { ended, failure, connectedAfter, transport, samples } = state;
        return { ...count(last), errors: failure ? [failure] : [],
                 ended, failure, connectedAfter, transport,
                 remoteLines: sdp.match(/^m=.*/gm),
                 video: last.video ?? null, audio: last.audio ?? null,
                 layers: last.layers ?? null,
                 samples };
    },
};
