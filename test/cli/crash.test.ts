import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { makeKeyPair } from '../../engine/cli/exchange.ts';
import { Pull } from '../../engine/cli/pull.ts';
import type { RequestOutcome, VenueRequest } from '../../engine/core/index.ts';
import { World } from '../../engine/exchange/index.ts';
import type { Money } from '../../engine/units/index.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const MAIN = path.join(ROOT, 'engine', 'cli', 'main.ts');
const DAEMON = path.join(import.meta.dirname, 'failing-daemon.ts');
const USER = 'user-1';
const folder = mkdtempSync(path.join(tmpdir(), 'hundred-crash-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

function run(args: readonly string[], onOutput: (output: string, pid: number) => void = () => {}): Promise<Ended> {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: folder },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
      onOutput(output, child.pid!);
    });
  }
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })));
}

for (const how of ['exception', 'rejection', 'engine']) {
  test(`an unexpected error (${how}): the quotes are pulled and verified before the process ends`, async () => {
    const key = makeKeyPair(folder);
    const world = new World({
      server: { host: '127.0.0.1', port: 0, tier: 'basic' },
      keys: [key],
      seed: 1,
      balance: 10_000_000_000 as Money,
      makerFees: false,
      onFailure: assert.fail,
    });
    const port = await world.start();
    try {
      let most = 0;
      const { code, output } = await run([DAEMON, String(port), key.keyId, key.privatePath, how], () => {
        most = Math.max(most, world.exchange.restingOf(USER).length);
      });
      assert.equal(code, 1, output);
      assert.ok(most > 0, `it quoted:\n${output}`);
      assert.match(output, /internal error, quotes are being pulled: TypeError: a bug/);
      assert.match(output, /the exchange confirms that nothing of ours rests/);
      assert.equal(world.exchange.restingOf(USER).length, 0, output);
    } finally {
      world.close();
    }
  });
}

test('a signal at any moment of the start-up ends it with a word and leaves no process and no key behind', async () => {
  for (const delayMs of [350, 450, 550, 650, 800, 1000]) {
    const ended = await new Promise<Ended & { signal: NodeJS.Signals | null }>((resolve) => {
      const child = spawn(process.execPath, [MAIN, 'start', '--no-journal'], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, TMPDIR: folder },
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
      setTimeout(() => child.kill('SIGTERM'), delayMs);
      child.on('close', (code, signal) => resolve({ code, signal, output }));
    });
    // Before its modules are loaded a process has nothing to wind down and dies of the signal as any does.
    if (ended.signal !== null) assert.equal(ended.output, '', `after ${delayMs} ms`);
    else {
      assert.equal(ended.code, 0, `after ${delayMs} ms:\n${ended.output}`);
      assert.match(ended.output, /stopped before anything was quoted|confirms that nothing of ours rests/);
    }
    const left = readdirSync(folder).filter((name) => name.startsWith('hundred-'));
    assert.deepEqual(left, [], `after ${delayMs} ms:\n${ended.output}`);
  }
});

test('signalled twice with the exchange frozen: one honest warning at the deadline, exit 1', async () => {
  let state = 0;
  let frozen = 0;
  const config = path.join(folder, 'impatient.yaml');
  const paper = readFileSync(path.join(ROOT, 'config', 'paper.yaml'), 'utf8').replace(/^timing:\n( .*\n)+/m, '');
  writeFileSync(config, `${paper}\ntiming: { stopTimeoutSeconds: 3, requestTimeoutMs: 1000 }\n`);
  try {
    const { code, output } = await run([MAIN, 'start', '--no-journal', '--config', config], (text, pid) => {
      if (state === 0 && /bid \d+@\d+ ask \d+@\d+/.test(text)) {
        state = 1;
        frozen = Number(/embedded exchange: process (\d+)/.exec(text)![1]);
        process.kill(frozen, 'SIGSTOP');
        process.kill(pid, 'SIGINT');
      } else if (state === 1 && /stopping: triggering/.test(text)) {
        state = 2;
        process.kill(pid, 'SIGINT');
      }
    });
    assert.equal(code, 1, output);
    assert.match(output, /already stopping: it takes 3 s at the most/);
    assert.match(
      output,
      /WARNING: could not verify within 3 s that nothing rests: .*; [1-9]\d* order\(s\) may still rest/,
    );
  } finally {
    assert.throws(() => process.kill(frozen, 0), /ESRCH/, 'the frozen exchange is gone too');
  }
});

/** A pull on a hand-turned clock against an exchange that answers as told. */
function pulling(answer: (request: VenueRequest) => RequestOutcome): {
  pull: Pull;
  requests: VenueRequest[];
  run: (ms: number) => void;
} {
  let now = 0;
  const requests: VenueRequest[] = [];
  const pull = new Pull({
    clientPrefix: 'hd',
    subaccount: 0,
    groups: [{ shard: 2, id: 'g-1' }],
    requestTimeoutMs: 5000,
    deadlineMs: 15_000,
    request: (request) => requests.push(request),
    nowMs: () => now,
  });
  let answered = 0;
  const run = (ms: number): void => {
    for (const until = now + ms; now < until && pull.result === null; now += 20) {
      pull.tick();
      while (answered < requests.length) {
        const request = requests[answered++]!;
        pull.outcome(request.id, answer(request));
      }
    }
  };
  return { pull, requests, run };
}

const ok = (body: unknown): RequestOutcome => ({ kind: 'response', status: 200, body: JSON.stringify(body) });

test('pulling without the engine: no all-clear before the group trigger is confirmed', () => {
  let triggers = 0;
  const { pull, run: turn } = pulling((request) => {
    if (request.op !== 'triggerGroup') return ok({ orders: [], cursor: '' });
    return ++triggers < 4 ? { kind: 'unknown', reason: 'reset' } : ok({});
  });
  turn(600);
  assert.equal(pull.result, null);
  turn(5000);
  assert.equal(triggers, 4);
  assert.match(String(Object.values(pull.result ?? {})), /^true,0,the exchange confirms/);
});

test('pulling without the engine: an exchange that is dead ends in a warning, calmly', () => {
  const { pull, requests, run: turn } = pulling(() => ({ kind: 'unsent', reason: 'ECONNREFUSED' }));
  turn(20_000);
  assert.equal(pull.result?.clean, false);
  assert.match(pull.result?.text ?? '', /could not verify within 15 s that nothing rests: ECONNREFUSED/);
  assert.ok(requests.length < 150, `${requests.length} requests`);
});
