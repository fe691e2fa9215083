import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { makeKeyPair } from '../../engine/cli/exchange.ts';
import { World } from '../../engine/exchange/index.ts';
import type { ExchangeOrder } from '../../engine/exchange/order.ts';
import { Random } from '../../engine/exchange/random.ts';
import { formatCount, type Money } from '../../engine/units/index.ts';

const DAEMON = path.join(import.meta.dirname, 'failing-daemon.ts');
const USER = 'user-1';
/** Kills before the life that ends well: KILLS=40 for a long evening. */
const KILLS = Number(process.env['KILLS'] ?? 2);
const SEED = Number(process.env['KILL_SEED'] ?? 1);
/** The ladder's two orders at half as much again: the most it ever wants on a side, 1e-2 contracts. */
const MOST_A_SIDE = 3500;
const folder = mkdtempSync(path.join(tmpdir(), 'hundred-killed-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The life a client order id belongs to: `hd-life3-a` is of the third. */
function lifeOf(order: ExchangeOrder): number {
  return Number(/^hd-life(\d+)-/.exec(order.clientOrderId)?.[1] ?? -1);
}

/** Lives of a daemon that is killed `KILLS` times; what it left behind is cancelled, or taken over. */
async function live(leftovers: 'cancel' | 'adopt'): Promise<void> {
  const adopts = leftovers === 'adopt';
  const random = new Random(SEED, `kill ${leftovers}`);
  const key = makeKeyPair(mkdtempSync(path.join(folder, 'key-')));
  const world = new World({
    server: { host: '127.0.0.1', port: 0, tier: 'premier' },
    keys: [key],
    seed: SEED,
    balance: 10_000_000_000 as Money,
    makerFees: true,
    onFailure: assert.fail,
  });
  const port = await world.start();
  let life = 0;
  let killAt = 0;
  let events = 0;
  let child: ChildProcess | null = null;
  let worked: () => void = () => {};
  const enough = new Promise<void>((resolve) => (worked = resolve));
  const wrong: string[] = [];
  let cleared = 0;
  let takenOver = 0;
  const first = new Map<number, number>();
  const ignore = (): void => {};
  world.exchange.listeners.push({
    delta: ignore,
    trade: ignore,
    fill: ignore,
    position: ignore,
    group: ignore,
    order: (order) => {
      if (adopts) {
        const beside = world.exchange.restingOf(USER).filter((o) => o.ticker === order.ticker && o.side === order.side);
        const open = beside.reduce((sum, o) => sum + o.remainingCount, 0);
        if (open > MOST_A_SIDE) wrong.push(`life ${life}: ${open / 100} contracts rest on one side of ${order.ticker}`);
      }
      const isOwn = lifeOf(order) === life;
      if (!isOwn && order.status === 'canceled') cleared++;
      // An order that was taken over goes on under the client id of the life that made it.
      if (!isOwn && !adopts) return;
      if (isOwn && !first.has(life)) {
        const left = world.exchange.restingOf(USER).filter((o) => lifeOf(o) !== life);
        first.set(life, left.length);
        takenOver += left.length;
        if (!adopts && left.length > 0)
          wrong.push(`life ${life} quotes while ${left.length} orders of earlier ones rest`);
      }
      // In the middle of a request: the exchange has acted and nobody has heard of it.
      if (++events === killAt) child?.kill('SIGKILL');
      else if (killAt < 0 && events === 14) worked();
    },
  });
  try {
    let output = '';
    for (life = 1; life <= KILLS + 1; life++) {
      const isLast = life === KILLS + 1;
      events = 0;
      killAt = isLast ? -1 : random.integer(1, 14);
      output = '';
      child = spawn(
        process.execPath,
        [DAEMON, String(port), key.keyId, key.privatePath, 'none', `life${life}`, leftovers],
        {
          stdio: ['ignore', 'pipe', 'pipe'],
          env: { ...process.env, TMPDIR: folder },
        },
      );
      for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk: Buffer) => (output += chunk));
      const running = child;
      const ended = new Promise<number | null>((resolve) => running.on('close', (code) => resolve(code)));
      if (isLast) {
        await Promise.race([enough, ended]);
        running.kill('SIGTERM');
      }
      const code = await ended;
      assert.equal(code, isLast ? 0 : null, output);
    }
    assert.deepEqual(wrong, []);
    // A life that has all it wants from the one before may be killed, or end, without an order of its own.
    if (!adopts) assert.equal(first.size, KILLS + 1, 'every life quoted');
    assert.ok((adopts ? takenOver : cleared) > 0, 'somebody left something behind');
    assert.equal(world.exchange.restingOf(USER).length, 0, output);
    assert.doesNotMatch(output, /mismatch|halted/);
    for (const [ticker, { position }] of world.exchange.account(USER).holdings) {
      const said = new RegExp(`${ticker}  fills .*position (-?[\\d.]+)`).exec(output)?.[1];
      assert.equal(Number(said), Number(formatCount(position)), `${ticker}\n${output}`);
    }
  } finally {
    child?.kill('SIGKILL');
    world.close();
  }
}

describe(`killed at ${KILLS} random moments`, { concurrency: true }, () => {
  test("each next life clears what rests before it quotes, and the last one's books are the exchange's", () =>
    live('cancel'));

  test("each next life takes over what rests, doubles nothing, and the last one's books are the exchange's", () =>
    live('adopt'));
});
