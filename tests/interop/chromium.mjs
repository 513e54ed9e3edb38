/* SPDX-License-Identifier: MIT
 *
 * A headless Chromium in a pipe, by playwright-core. It publishes its fake
 * camera and microphone or plays what it is sent. Composes with the tools:
 *
 *     rtc-send --signal 'node chromium.mjs --answer --recv …' clip.ivf
 *
 * Options, descriptions and exit status: browser.mjs. The browser is $CHROMIUM,
 * else /usr/bin/chromium.
 */
import path from 'node:path';
import { HERE, die, main, makeScratch } from './browser.mjs';

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

function launchOptions(args) {
    return { executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args,
             handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
}

/* Playwright takes the scratch folder's name when imported, and kills at our
 * exit what it launched; then the folder goes, again. */
async function launch(how, args) {
    const { remove } = makeScratch();
    const { chromium } = await import('playwright-core');
    const ret = await chromium[how](launchOptions(args));

    process.on('exit', remove);
    return ret;
}

async function serve() {
    return (await launch('launchServer', [...FLAGS, ...TRUSTED])).wsEndpoint();
}

async function connect(address) {
    const { chromium } = await import('playwright-core');

    return chromium.connect(address);
}

async function open(options) {
    const server = process.env.BROWSER_SERVER;
    const flags = options['hide-addresses'] ? FLAGS : [...FLAGS, ...TRUSTED];
    const browser = await (server ? connect(server) : launch('launch', flags));
    const page = await browser.newPage();

    browser.on('disconnected', () => die(1, 'the browser is gone'));
    page.on('pageerror', (error) => die(1, `page: ${error.message}`));
    await page.route('**/*', (route) => {
        const file = new URL(route.request().url()).pathname.slice(1);
        route.fulfill({ path: path.join(HERE, file) });
    });
    await page.goto(`${ORIGIN}page.html`);
    return { call: (expression) => page.evaluate(expression),
             close: () => page.close() };
}

main({ serve, open });
