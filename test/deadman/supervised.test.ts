import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { Heard } from './drill.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const MAIN = path.join(ROOT, 'engine', 'cli', 'main.ts');
const folder = mkdtempSync(path.join(tmpdir(), 'hundred-supervised-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Joins the best prices, and never comes back from its fiftieth look at one market. */
const LOOPER = `let looks = 0;
export default {
  api: '1.0', name: 'looper', about: 'loops for ever', params: {},
  create: () => ({
    name: 'looper',
    quote(view, quotes) {
      if (view.ticker.endsWith('T60') && ++looks > 50) for (;;);
      quotes.bid(view.grid.price(view.bestLevel(0)), 500);
      quotes.ask(view.grid.price(view.bestLevel(1)), 500);
    },
  }),
};
`;

/** `hundred start` with a configuration; its output has the daemon's and the watchdog's lines. */
function start(args: readonly string[]): { child: ChildProcess; heard: Heard; ended: Promise<number | null> } {
  const child = spawn(process.execPath, [MAIN, 'start', '--no-journal', ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { child, heard: new Heard(child), ended: new Promise((done) => child.on('close', done)) };
}

/** The process of the daemon's latest life. */
function daemonOf(heard: Heard): number {
  return Number([...heard.text.matchAll(/daemon: process (\d+)/g)].at(-1)![1]);
}

describe('the daemon and its watchdog, as npm start runs them', { concurrency: true }, () => {
  test('a plugin that never returns is fenced: its quotes are pulled, the daemon lives, the reason is shown', async () => {
    writeFileSync(path.join(folder, 'looper.js'), LOOPER);
    const paper = readFileSync(path.join(ROOT, 'config', 'paper.yaml'), 'utf8');
    const config = path.join(folder, 'looper.yaml');
    writeFileSync(config, paper.replace(/^strategy:\n( .*\n|\n)*/m, 'strategy: { use: ./looper.js }\n\n'));
    const { child, heard, ended } = start(['--config', config]);
    await heard.says(/watchdog: ERROR: .* stalled in quote\(\) of strategy looper on market SYN-A-T60 for/);
    await heard.says(/the exchange confirms that nothing of ours rests: fault found/);
    await heard.says(/starting it again/);
    // Its next life quotes the other market, and says of this one why not.
    await heard.says(/starting it again[\s\S]*strategy looper failed on SYN-A-T60, .*: stalled in quote\(\)/);
    await heard.says(/starting it again[\s\S]*SYN-A-T50 {2}bid \d+@\d+ ask \d+@\d+/);
    await heard.says(/starting it again[\s\S]*SYN-A-T60 {2}bid - ask - .*strategy_failed/);
    child.kill('SIGTERM');
    assert.equal(await ended, 0, heard.text);
  });

  test('kill -9 of the daemon under npm start: orders pulled, verified, started again, quoting', async () => {
    const { child, heard, ended } = start([]);
    await heard.says(/SYN-A-T50 {2}bid \d+@\d+ ask \d+@\d+/);
    process.kill(daemonOf(heard), 'SIGKILL');
    await heard.says(/connection closed without a word[\s\S]*nothing of ours rests: fault found/);
    await heard.says(/starting it again[\s\S]*SYN-A-T50 {2}bid \d+@\d+ ask \d+@\d+/);
    child.kill('SIGINT');
    assert.equal(await ended, 0, heard.text);
  });

  test('kill -9 of the watchdog: the daemon that it supervised says so, stops, and ends', async () => {
    const { child, heard } = start([]);
    await heard.says(/SYN-A-T50 {2}bid \d+@\d+ ask \d+@\d+/);
    child.kill('SIGKILL');
    await heard.says(/the watchdog is gone: stopping[\s\S]*\n(the exchange confirms|WARNING: could not verify)/);
    // The daemon held the other end of the pipe.
    await heard.says(/\(ended\)/);
  });
});
