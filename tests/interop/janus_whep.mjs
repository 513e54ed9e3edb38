/* SPDX-License-Identifier: MIT
 *
 * The WHEP server of Janus' authors (npm: janus-whep-server), as janus.bash
 * starts it behind one Janus:
 *
 *     node janus_whep.mjs ws://127.0.0.1:8188 FILE '[{"id": "x", "codec":…}]'
 *
 * For each stream it has Janus make a VideoRoom and a Streaming mountpoint that
 * plays what the room forwards to its ports, and opens /whep/endpoint/ID on it.
 * FILE gets what the WHIP server has to know of the streams. The rest is for
 * tests: who is there, and what a room's owner can do.
 */
import { writeFileSync } from 'node:fs';
import { createRequire, register } from 'node:module';

/* Janode wants a module that has to be compiled, for a transport that is not
 * used here. */
const js = text => `data:text/javascript,${encodeURIComponent(text)}`;
const STUB = js('export const createSocket = null');
register(js(`export const resolve = (name, context, next) =>
    name === 'unix-dgram' ? { url: '${STUB}', shortCircuit: true }
        : next(name, context)`));
/* The WHEP server's, which is another one than the WHIP server's. */
const express =
    createRequire(import.meta.resolve('janus-whep-server'))('express');
const { default: Janode } = await import('janode');
const { default: StreamingPlugin } = await import('janode/plugins/streaming');
const { default: VideoRoomPlugin } = await import('janode/plugins/videoroom');
const { JanusWhepServer } = await import('janus-whep-server');

const [url, file, list] = process.argv.slice(2);
const AUDIO = { type: 'audio', mid: 'a', pt: 111, codec: 'opus',
    iface: '127.0.0.1', port: 0 };
const VIDEO = { type: 'video', mid: 'v',
    iface: '127.0.0.1', port: 0, rtcpport: 0 };
const CODECS = {
    vp8: { pt: 96, codec: 'vp8' },
    h264: { pt: 97, codec: 'h264',
        fmtp: 'profile-level-id=42e01f;packetization-mode=1' },
};

const janus = await Janode.connect({ address: { url } });
const session = await janus.create();
const rooms = await session.attach(VideoRoomPlugin);
const mountpoints = await session.attach(StreamingPlugin);
const app = express();
const server = new JanusWhepServer({
    janus: { address: url },
    rest: { app, basePath: '/whep' },
    strictETags: process.env.JANUS_STRICT === 'true',
});
const streams = new Map();

/* Room, mountpoint and endpoint of a stream. */
async function open({ id, codec, token }) {
    const room = streams.size + 1;
    await rooms.create({ room, videocodec: codec, audiocodec: 'opus' });
    await mountpoints.createRtpMountpoint({ id: room, name: id, collision: 0,
        media: [AUDIO, { ...VIDEO, ...CODECS[codec] }] });
    const { media: [audio, video] } = await mountpoints.info({ id: room });
    server.createEndpoint({ id, mountpoint: room, token });
    streams.set(id, { id, room, token, recipient: { host: '127.0.0.1',
        audioPort: audio.port, videoPort: video.port,
        videoRtcpPort: video.rtcpport } });
}

async function publishers(id) {
    const { room } = streams.get(id);
    const { participants } = await rooms.listParticipants({ room });
    return participants.filter(each => each.publisher).map(each => each.feed);
}

await server.start();
/* As it asks Janus before 1.0, for an offer: to take one, mountpoints learnt
 * only after 1.1.2, which the server does not know. */
server.multistream = false;
for (const stream of JSON.parse(list))
    await open(stream);
app.get('/endpoints', (_, answer) => answer.json(server.listEndpoints()));
app.get('/rooms/:id', async ({ params: { id } }, answer) =>
    answer.json((await publishers(id)).length));
app.get('/viewers/:id', async ({ params: { id } }, answer) =>
    answer.json((await mountpoints.info(
        { id: streams.get(id).room })).viewers));
app.post('/kick/:id', async ({ params: { id } }, answer) => {
    const [feed] = await publishers(id); /* none: 500 */
    await rooms.kick({ room: streams.get(id).room, feed });
    answer.end();
});
app.post('/direct/:id', async ({ params: { id } }, answer) => {
    const [feed] = await publishers(id);
    const { room, token } = streams.get(id);
    server.createEndpoint(
        { id: `${id}-direct`, plugin: 'videoroom', room, feed, token });
    answer.end();
});
app.post('/believe/:what', ({ params: { what } }, answer) => {
    server.multistream = what === 'true';
    answer.end();
});
writeFileSync(file, JSON.stringify([...streams.values()]));
app.listen(0, '127.0.0.1');
