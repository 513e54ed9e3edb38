/* SPDX-License-Identifier: MIT
 *
 * A browser in a pipe, the half that chromium.mjs and firefox.mjs share: the
 * options, the descriptions on stdin and stdout, each ended by end of file, and
 * the report. page.js is the half that runs in the browser; how a browser is
 * started and a page opened is left to those two:
 *
 *     serve()          starts one, returns its address for open()
 *     open(options)    returns a page: { call(expression) }
 *
 * Exit status: 0, 1 the session failed (the report, if any, says why), 2 usage,
 * 77 the browser lacks the codec (the report says so).
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export const HERE = path.dirname(fileURLToPath(import.meta.url));
const NAME = path.basename(process.argv[1]);
const USAGE = `usage: node ${NAME} --offer|--answer --send|--recv
    [--codec CODEC] [--video CODEC|none] [--audio CODEC|none]
    [--seconds SECONDS] [--report FILE] [--hide-addresses] [--simulcast]
  or: node ${NAME} --offer|--answer --data [--makes|--negotiated ID]
    [--say FILE] [--hears N] [--bytes] [--close channel|pc|remote]
    [--report FILE]
  or: node ${NAME} --serve FILE
CODEC is vp8, vp9, av1, h264, opus, red (Opus in RED), g722, pcmu or pcma.
--codec is that one and a small picture. --data is a data channel, which the
remote opens, the page (--makes), or both; FILE has a JSON list of strings and
{"base64": BYTES}; who closes it is by default the remote. --simulcast sends
a larger picture in three layers, with --offer --send --audio none. --serve
starts a browser, writes its address to FILE and waits; with the address in
$BROWSER_SERVER that browser is used instead of a new one.`;
const SETUP_LIMIT_S = 45; /* start, descriptions, connecting, ending */
const STATUS_UNSUPPORTED = 77;
const AUDIO = ['opus', 'red', 'g722', 'pcmu', 'pcma'];

export function die(status, sentence) {
    process.stderr.write(`${NAME}: ${sentence}\n`);
    process.exit(status); /* What the browser is to do at exit, it does. */
}

/* Whatever the browser leaves behind goes with us. */
export function makeScratch() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'browser-mjs-'));
    const remove = () => {
        try {
            fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
        } catch {
            /* The browser still writes there; what kills it is yet to come. */
        }
    };

    process.env.TMPDIR = folder;
    process.on('exit', remove);
    return { folder, remove };
}

function usage(sentence) {
    die(2, `${sentence}\n${USAGE}`);
}

function parseOptions() {
    const flag = { type: 'boolean', default: false };
    const text = (value) => ({ type: 'string', default: value });

    try {
        return parseArgs({ options: {
            offer: flag, answer: flag, send: flag, recv: flag, help: flag,
            'hide-addresses': flag, simulcast: flag,
            video: text('vp8'), audio: text('opus'),
            codec: text(), seconds: text('10'), report: text(),
            serve: text(), clip: text() /* not for us */,
            data: flag, makes: flag, negotiated: text(), say: text(),
            hears: text('0'), bytes: flag, close: text('remote') } }).values;
    } catch (error) {
        return usage(error.message);
    }
}

function readOptions() {
    const values = parseOptions();
    const { codec } = values;
    let size = { width: 640, height: 360 };

    if (values.help) {
        console.log(USAGE);
        process.exit(0);
    }
    if (values.serve)
        return values;
    if (values.data && values.offer !== values.answer)
        return { ...values, hears: Number(values.hears), seconds: 0,
                 say: values.say ? JSON.parse(fs.readFileSync(values.say))
                     : [] };
    if (values.offer === values.answer || values.send === values.recv)
        usage('one of --offer, --answer and one of --send, --recv');
    if (!(Number(values.seconds) > 0))
        usage(`--seconds ${values.seconds}: not a number of seconds`);
    if (codec) {
        values.video = AUDIO.includes(codec) ? 'none' : codec;
        values.audio = AUDIO.includes(codec) ? codec : 'none';
        size = { width: 320, height: 240 };
    }
    if (values.simulcast)
        size = { width: 960, height: 540 };
    return { ...values, size, seconds: Number(values.seconds),
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

/* Calls a function of the page's `end`. */
function call(page, name, ...args) {
    return page.call(`end.${name}(...${JSON.stringify(args)})`);
}

/* One round trip over stdin and stdout. */
async function negotiate(page, options) {
    if (options.answer) {
        const offer = await readDescription('offer');
        writeDescription(await call(page, 'answer', options, offer));
    } else {
        writeDescription(await call(page, 'offer', options));
        await call(page, 'accept', await readDescription('answer'));
    }
}

/* Whole or not at all. */
function writeFile(file, text) {
    fs.writeFileSync(`${file}.new`, `${text}\n`);
    fs.renameSync(`${file}.new`, file);
}

function writeReport(options, report) {
    if (options.report)
        writeFile(options.report, JSON.stringify(report));
}

async function play(page, options) {
    await call(page, 'run', options.seconds * 1000);
    return call(page, 'close', options);
}

async function runSession(browser, options) {
    const page = await browser.open(options);
    const unsupported = await call(page, 'lacks', options);

    if (unsupported) {
        writeReport(options, { unsupported });
        die(STATUS_UNSUPPORTED, unsupported);
    }
    await call(page, 'open', options);
    await negotiate(page, options);
    const report = await (options.data ? call(page, 'talk', options)
        : play(page, options));
    /* First: a tool does not wait for ever for its command to end. */
    writeReport(options, report);
    await page.close();
    if (report.failure)
        die(1, report.failure);
    process.exit(0);
}

export async function main(browser) {
    const options = readOptions();

    for (const [signal, number] of
        [['SIGHUP', 1], ['SIGINT', 2], ['SIGTERM', 15]])
        process.on(signal, () => die(128 + number, `ended by ${signal}`));
    try {
        if (options.serve) {
            writeFile(options.serve, await browser.serve());
            return;
        }
        setTimeout(() => die(1, 'took too long'),
            (options.seconds + SETUP_LIMIT_S) * 1000);
        await runSession(browser, options);
    } catch (error) {
        die(1, error.message);
    }
}
