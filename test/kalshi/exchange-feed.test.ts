import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { World } from '../../engine/exchange/index.ts';
import { arriveBackground } from '../../engine/exchange/matching.ts';
import { SystemClock } from '../../engine/kalshi/clock.ts';
import type { SocketKind } from '../../engine/kalshi/socket.ts';
import { LiveVenue } from '../../engine/kalshi/venue.ts';
import { BID, type Money } from '../../engine/units/index.ts';
import { Frame, FrameDecoder, TickerTable } from '../../engine/wire/index.ts';
import { ED25519, ed25519Signer, KEY_ID } from './support/keys.ts';
import { KINDS } from './support/socket-lab.ts';
import { Log, until } from './support/wait.ts';

const PINGS_EACH = 20;
const CHANGES = 500;

const world = new World({
  server: { port: 0, pingMs: PINGS_EACH },
  keys: [{ keyId: KEY_ID, publicPem: ED25519.publicKey.export({ type: 'spki', format: 'pem' }).toString() }],
  seed: 1,
  balance: 1_000_000_000 as Money,
  makerFees: false,
  onFailure: assert.fail,
});
after(() => world.close());

/** One venue with its feed, and what it heard. */
function listen(socket: SocketKind) {
  const links = new Log<boolean>();
  const frames = new Log<Buffer>();
  const host = `127.0.0.1:${world.port}/trade-api`;
  const venue = new LiveVenue(
    {
      hosts: { restUrl: `http://${host}/v2`, wsUrl: `ws://${host}/ws/v2` },
      signer: ed25519Signer,
      clock: new SystemClock(),
      random: Math.random,
      feed: { socket },
    },
    {
      onLink: (up) => links.add(up),
      // The bytes are only lent.
      onFrame: (bytes) => frames.add(Buffer.from(bytes)),
      onOutcome: () => {},
      onReport: ({ text }) => assert.fail(text),
    },
  );
  after(() => venue.close());
  venue.start();
  return { venue, links, frames };
}

/** What the frames tell, checked for being whole: snapshots, and changes of books without the time they were sent. */
function read(kind: SocketKind, frames: readonly Buffer[]): { readonly snapshots: number; readonly changes: string[] } {
  const tickers = new TickerTable();
  for (const ticker of world.tickers) tickers.add(ticker);
  const decoder = new FrameDecoder(tickers, { yesPrices: true });
  const changes: string[] = [];
  let snapshots = 0;
  let seq = 0;
  for (const frame of frames) {
    const found = decoder.decode(frame);
    assert.ok(found !== Frame.Garbage && found !== Frame.Malformed, `${kind}: ${decoder.reason}`);
    if (found === Frame.Snapshot) snapshots++;
    if (found === Frame.Delta || found === Frame.Snapshot) assert.equal(decoder.seq, ++seq, kind);
    const { market, side, price, count } = decoder;
    if (found === Frame.Delta) changes.push(`${market} ${side} ${price} ${count}`);
  }
  return { snapshots, changes };
}

test('both sockets hear the embedded exchange alike: upgrade, snapshots, every change once', async () => {
  await world.start();
  const ends = KINDS.map((kind) => ({ kind, ...listen(kind) }));
  for (const { links } of ends) assert.equal(await links.at(0), true);
  const params = { channels: ['orderbook_delta'], market_tickers: world.tickers, use_yes_price: true };
  for (const { venue } of ends) venue.send(JSON.stringify({ id: 1, cmd: 'subscribe', params }));
  for (const { kind, frames } of ends) {
    await until(() => read(kind, frames.items).snapshots === world.tickers.length);
  }
  const skip = ends.map(({ kind, frames }) => read(kind, frames.items).changes.length);
  for (let n = 0; n < CHANGES; n++) {
    const level = n % 3;
    world.exchange.onMarket(world.tickers[n & 1]!, (m) => arriveBackground(m.ladder, BID, level, 100, world.exchange));
  }
  const heard: string[][] = [];
  for (const [i, { kind, frames, links, venue }] of ends.entries()) {
    await frames.at(skip[i]! + CHANGES + world.tickers.length);
    const { changes } = read(kind, frames.items);
    heard.push(changes.slice(skip[i]!, skip[i]! + CHANGES));
    assert.deepEqual([links.items.length, venue.counters().feed.silenceDrops], [1, 0], kind);
  }
  assert.equal(heard[0]!.length, CHANGES);
  assert.deepEqual(heard[1], heard[0]);
});
