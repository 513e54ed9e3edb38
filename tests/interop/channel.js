/* SPDX-License-Identifier: MIT
 *
 * The data channel of page.js: says what it is told to, keeps what it hears and
 * closes, or waits until the remote does. As a pipe of bytes it ends with the
 * empty messages that rtc-send(1) tells of.
 */
'use strict';

const OPEN_LIMIT_MS = 15000;
const CLOSE_LIMIT_MS = 15000;
const BUFFER_MOST = 4 << 20;
const SHORT = 100; /* bytes that a report shows */

const talk = {
    channel: null,
    wasOpen: false,
    heard: [],      /* strings and ArrayBuffers */
    marksHeard: 0,  /* empty binary messages */
    failure: null,
};

function isMark(message) {
    return typeof message !== 'string' && message.byteLength === 0;
}

function takeChannel(channel) {
    talk.channel = channel;
    channel.binaryType = 'arraybuffer';
    channel.onopen = () => { talk.wasOpen = true; };
    channel.onmessage = ({ data }) => {
        talk.heard.push(data);
        if (isMark(data))
            talk.marksHeard++;
    };
    channel.onerror = ({ error }) => {
        talk.failure ??= `the channel: ${error.message}`;
    };
    talk.wasOpen = channel.readyState === 'open';
}

/* Ours, the remote's, or one that both make. There is no offer of channels but
 * for one that was made. */
function prepareChannel(pc, { makes, negotiated, offer }) {
    if (negotiated !== undefined)
        takeChannel(pc.createDataChannel('both', { negotiated: true,
                                                   id: Number(negotiated) }));
    else if (makes)
        takeChannel(pc.createDataChannel('page', { protocol: 'talk' }));
    else if (offer)
        pc.createDataChannel('unused');
    pc.ondatachannel = ({ channel }) => takeChannel(channel);
}

/* A string, or { base64 }. */
function messageOf(one) {
    return typeof one === 'string' ? one :
        Uint8Array.from(atob(one.base64), (c) => c.charCodeAt(0));
}

async function sayAll(all) {
    for (const one of all) {
        await until(CLOSE_LIMIT_MS, () =>
            talk.channel.bufferedAmount < BUFFER_MOST);
        talk.channel.send(messageOf(one));
    }
}

/* "channel", "pc", or "remote", which is to do it. */
async function endTalk(pc, close) {
    if (close !== 'remote')
        await until(CLOSE_LIMIT_MS, () => talk.channel.bufferedAmount === 0);
    if (close === 'channel')
        talk.channel.close();
    if (close === 'pc')
        pc.close();
    else if (!await until(CLOSE_LIMIT_MS, () =>
        talk.channel.readyState === 'closed'))
        talk.failure ??= 'the channel was not closed in time';
}

async function runTalk(pc, { say, hears, bytes, close }) {
    if (!await until(OPEN_LIMIT_MS, () => talk.wasOpen)) {
        talk.failure ??= 'no channel was opened in time';
        return;
    }
    await sayAll(say);
    if (bytes) {
        talk.channel.send(new Uint8Array(0)); /* All is sent; */
        await until(CLOSE_LIMIT_MS, () => talk.marksHeard > 0);
        talk.channel.send(new Uint8Array(0)); /* and all has come. */
    }
    if (!await until(CLOSE_LIMIT_MS, () => talk.heard.length >= hears))
        talk.failure ??= `${talk.heard.length} messages came, not ${hears}`;
    await endTalk(pc, close);
}

/* As messageOf() takes it, but for long ones. */
function describe(message) {
    if (typeof message === 'string')
        return message;
    if (message.byteLength > SHORT)
        return { bytes: message.byteLength };
    return { base64: btoa(String.fromCharCode(...new Uint8Array(message))) };
}

async function hash(buffer) {
    const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', buffer));

    return [...sum].map((b) => b.toString(16).padStart(2, '0')).join('');
}

/* What was heard, and length and hash of all that is binary as one. */
async function reportTalk() {
    const binary = talk.heard.filter((one) => typeof one !== 'string');
    const whole = await new Blob(binary).arrayBuffer();
    const { label, protocol, ordered, id, maxRetransmits, readyState } =
        talk.channel ?? {};

    return { label, protocol, ordered, id, maxRetransmits, readyState,
             heard: talk.heard.map(describe), bytes: whole.byteLength,
             sha256: await hash(whole) };
}
