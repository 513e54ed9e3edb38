/* SPDX-License-Identifier: MIT
 *
 * A headless Firefox in a pipe, by its Marionette port: JSON over TCP, each
 * message preceded by its length and a colon. Composes with the tools:
 *
 *     rtc-send --signal 'node firefox.mjs --answer --recv …' clip.ivf
 *
 * Options, descriptions and exit status: browser.mjs. The browser is $FIREFOX,
 * else firefox-esr or firefox of /usr/bin.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { HERE, die, main, makeScratch } from './browser.mjs';

const START_LIMIT_MS = 30000;
const SCRIPT_LIMIT_MS = 120000;

const PREFS = {
    'marionette.port': 0, /* the kernel's choice */
    'media.peerconnection.ice.loopback': true,
    'media.peerconnection.ice.obfuscate_host_addresses': false,
    'media.peerconnection.ice.default_address_only': false,
    'media.peerconnection.ice.no_host': false,
    'media.navigator.streams.fake': true,
    'media.navigator.permission.disabled': true,
    'media.autoplay.default': 0,
    /* Loopback is all the network there is. */
    'app.update.enabled': false,
    'browser.safebrowsing.update.enabled': false,
    'datareporting.policy.dataSubmissionEnabled': false,
    'media.gmp-manager.updateEnabled': false,
    'network.captive-portal-service.enabled': false,
    'network.connectivity-service.enabled': false,
    'services.settings.server': 'data:,',
};

function sleep(ms) {
    return new Promise((resolve) => setTimeout(resolve, ms));
}

function findFirefox() {
    const all = [process.env.FIREFOX, '/usr/bin/firefox-esr',
                 '/usr/bin/firefox'];

    return all.find((file) => file && fs.existsSync(file)) ??
        die(1, 'no firefox');
}

async function portOf(profile) {
    const file = path.join(profile, 'MarionetteActivePort');
    const limit = performance.now() + START_LIMIT_MS;

    while (!fs.existsSync(file) || fs.readFileSync(file).length === 0) {
        if (performance.now() > limit)
            die(1, 'Firefox did not start in time');
        await sleep(50);
    }
    return fs.readFileSync(file, 'utf8').trim();
}

/* Starts one that ends with us; returns its port. */
async function serve() {
    const { folder, remove } = makeScratch();
    const lines = Object.entries(PREFS).map(([name, value]) =>
        `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);

    fs.writeFileSync(path.join(folder, 'user.js'), lines.join(''));
    const child = spawn(findFirefox(),
        ['--headless', '--no-remote', '--profile', folder, '--marionette'],
        { stdio: 'ignore', detached: true, env: { ...process.env,
          HOME: folder, MOZ_CRASHREPORTER_DISABLE: '1' } });
    child.on('exit', () => die(1, 'the browser is gone'));
    process.on('exit', () => {
        try {
            process.kill(-child.pid, 'SIGKILL'); /* its group */
        } catch {
            /* It is gone. */
        }
        remove();
    });
    return portOf(folder);
}

/* A connection: call(command, parameters) returns the result. */
async function connect(port) {
    const socket = net.connect(Number(port), '127.0.0.1');
    const waiting = new Map();
    let buffer = Buffer.alloc(0);
    let last = 0;

    const take = () => {
        const colon = buffer.indexOf(':');
        const end = colon + 1 + Number(buffer.subarray(0, colon));
        if (colon < 0 || buffer.length < end)
            return null;
        const text = buffer.subarray(colon + 1, end).toString();
        buffer = buffer.subarray(end);
        return JSON.parse(text);
    };
    const answered = ([, id, error, result]) => {
        const { resolve, reject } = waiting.get(id);
        if (error)
            reject(new Error(error.message));
        else
            resolve(result);
    };
    await new Promise((resolve, reject) => {
        socket.on('error', reject);
        socket.on('data', (chunk) => {
            buffer = Buffer.concat([buffer, chunk]);
            for (let one = take(); one !== null; one = take())
                if (Array.isArray(one))
                    answered(one);
                else
                    resolve(); /* the greeting */
        });
    });
    socket.on('close', () => die(1, 'the browser is gone'));
    return (command, parameters) => new Promise((resolve, reject) => {
        const text = JSON.stringify([0, ++last, command, parameters]);
        waiting.set(last, { resolve, reject });
        socket.write(`${Buffer.byteLength(text)}:${text}`);
    });
}

/* Serves this folder: 127.0.0.1 is a secure context. */
async function serveFiles() {
    const types = { '.html': 'text/html', '.js': 'text/javascript' };
    const server = http.createServer((request, response) => {
        const file = path.join(HERE, path.basename(request.url));
        response.setHeader('Content-Type',
            types[path.extname(file)] ?? 'text/plain');
        fs.createReadStream(file)
            .on('error', () => response.writeHead(404).end())
            .pipe(response);
    });

    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${server.address().port}/`;
}

async function open() {
    const command = await connect(process.env.BROWSER_SERVER || await serve());
    const origin = await serveFiles();

    await command('WebDriver:NewSession',
        { timeouts: { script: SCRIPT_LIMIT_MS } });
    await command('WebDriver:Navigate', { url: `${origin}page.html` });
    return {
        /* By way of JSON, so that no wrapper of the page's objects comes. */
        async call(expression) {
            const script = `(async () =>
                JSON.stringify(await ${expression}) ?? 'null')()`;
            const { value } = await command('WebDriver:ExecuteScript', {
                script: 'return window.eval(arguments[0])',
                args: [script] });
            return JSON.parse(value);
        },
        async close() {
            await command('WebDriver:Navigate', { url: 'about:blank' });
            await command('WebDriver:DeleteSession', {});
        },
    };
}

main({ serve, open });
