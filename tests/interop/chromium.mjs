/* SPDX-License-Identifier: MIT
 *
 * A browser in a pipe: a headless Chromium that publishes its fake camera and
 * microphone or plays what it is sent, with descriptions on stdin and stdout,
 * each ended by end of file. Composes with the tools:
 *
 *     rtc-send --signal 'node chromium.mjs --answer --recv …' clip.ivf
 *
 * page.js is the half that runs in the browser. Exit status: 0, 1 the session
 * failed (the report, if any, says why), 2 usage.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const USAGE = `usage: node chromium.mjs --offer|--answer --send|--recv
    [--video vp8|vp9|h264|none] [--audio opus|none] [--time SECONDS]
    [--report FILE] [--hide-addresses]
The browser is $CHROMIUM, else /usr/bin/chromium.`;
const SETUP_LIMIT_S = 45; /* start, descriptions, connecting, ending */
const ORIGIN = 'http://localhost/'; /* a secure context, served by us */

const FLAGS = [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update',
    '--disable-sync',
    '--use-fake-device-for-media-stream=fps=30',
    '--autoplay-policy=no-user-gesture-required',
    '--allow-loopback-in-peer-connection', /* candidates of 127.0.0.1 */
    /* Loopback is all the network there is. */
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost',
];
/* Devices are granted without asking, and candidates have addresses. Without
 * these they are `.local` names, as those of a visitor who only looks on. */
const TRUSTED = [
    '--use-fake-ui-for-media-stream',
    '--disable-features=WebRtcHideLocalIpsWithMdns',
];

function die(status, sentence) {
    process.stderr.write(`chromium.mjs: ${sentence}\n`);
    process.exit(status); /* Playwright kills the browser at exit. */
}

/* Whatever the browser leaves behind goes with us. */
function makeScratch() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'chromium-mjs-'));
    const remove = () =>
        fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });

    process.env.TMPDIR = folder;
    process.on('exit', remove);
    return remove;
}

function usage(sentence) {
    die(2, `${sentence}\n${USAGE}`);
}

function readOptions() {
    const flag = { type: 'boolean', default: false };
    const text = (value) => ({ type: 'string', default: value });
    let values;

    try {
        ({ values } = parseArgs({ options: {
            offer: flag, answer: flag, send: flag, recv: flag, help: flag,
            'hide-addresses': flag, video: text('vp8'), audio: text('opus'),
            time: text('10'), report: { type: 'string' } } }));
    } catch (error) {
        usage(error.message);
    }
    if (values.help) {
        console.log(USAGE);
        process.exit(0);
    }
    if (values.offer === values.answer || values.send === values.recv)
        usage('one of --offer, --answer and one of --send, --recv');
    if (!(Number(values.time) > 0))
        usage(`--time ${values.time}: not a number of seconds`);
    return { ...values, time: Number(values.time),
             direction: values.send ? 'send' : 'recv' };
}

/* Plain SDP, or the JSON of an RTCSessionDescription; stdin to its end. */
async function readDescription(wanted) {
    let text = '';

    for await (const chunk of process.stdin.setEncoding('utf8'))
        text += chunk;
    if (text.trimStart().startsWith('{')) {
        const { type, sdp } = JSON.parse(text);
        if (type !== wanted)
            throw new Error(`stdin has an ${type}, not an ${wanted}`);
        text = sdp;
    }
    if (!text.startsWith('v=0'))
        throw new Error(`stdin has no ${wanted}`);
    return text.replace(/\r?\n/g, '\r\n');
}

/* Then end of file for the reader; process.stdout cannot be closed. */
function writeDescription(sdp) {
    for (let rest = Buffer.from(sdp); rest.length > 0;)
        rest = rest.subarray(fs.writeSync(1, rest));
    fs.closeSync(1);
    fs.openSync('/dev/null', 'w'); /* takes 1, so that no other file does */
}

async function openPage(args) {
    const executablePath = process.env.CHROMIUM || '/usr/bin/chromium';
    const remove = makeScratch();
    /* Imported late: it takes the folder's name, and usage needs it not. */
    const { chromium } = await import('playwright-core');
    const browser = await chromium.launch({ executablePath, args,
        handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false });
    const page = await browser.newPage();

    process.on('exit', remove); /* again, once the browser was killed */
    browser.on('disconnected', () => die(1, 'the browser is gone'));
    page.on('pageerror', (error) => die(1, `page: ${error.message}`));
    await page.route('**/*', (route) => {
        const file = new URL(route.request().url()).pathname.slice(1);
        route.fulfill({ path: path.join(HERE, file) });
    });
    await page.goto(`${ORIGIN}page.html`);
    return page;
}

/* One round trip over stdin and stdout. */
async function negotiate(page, options) {
    if (options.answer) {
        const offer = await readDescription('offer');
        writeDescription(await page.evaluate(
            ([o, sdp]) => end.answer(o, sdp), [options, offer]));
    } else {
        writeDescription(await page.evaluate((o) => end.offer(o), options));
        const answer = await readDescription('answer');
        await page.evaluate((sdp) => end.accept(sdp), answer);
    }
}

/* Whole or not at all. */
function writeReport(file, report) {
    fs.writeFileSync(`${file}.new`, JSON.stringify(report) + '\n');
    fs.renameSync(`${file}.new`, file);
}

async function main() {
    const options = readOptions();
    const page = await openPage(
        options['hide-addresses'] ? FLAGS : [...FLAGS, ...TRUSTED]);

    await page.evaluate((o) => end.open(o), options);
    await negotiate(page, options);
    await page.evaluate((ms) => end.run(ms), options.time * 1000);
    const report = await page.evaluate((o) => end.close(o), options);
    if (options.report)
        writeReport(options.report, report);
    if (report.failure)
        die(1, report.failure);
    process.exit(0);
}

const limitMs = (readOptions().time + SETUP_LIMIT_S) * 1000;

setTimeout(() => die(1, 'took too long'), limitMs);
for (const [signal, number] of [['SIGHUP', 1], ['SIGINT', 2], ['SIGTERM', 15]])
    process.on(signal, () => die(128 + number, `ended by ${signal}`));
main().catch((error) => die(1, error.message));
