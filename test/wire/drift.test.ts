import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Frame, FrameDecoder, TickerTable } from '../../engine/wire/index.ts';

type Json = Readonly<Record<string, unknown>>;

function fresh(): FrameDecoder {
  const tickers = new TickerTable();
  tickers.add('TST-A');
  return new FrameDecoder(tickers, { yesPrices: true });
}

function send(decoder: FrameDecoder, frame: Json): number {
  return decoder.decode(Buffer.from(JSON.stringify(frame)));
}

function delta(seq: number, more: Json = {}): Json {
  const msg = { market_ticker: 'TST-A', price_dollars: '0.4000', delta_fp: '1.00', side: 'yes', ...more };
  return { type: 'orderbook_delta', sid: 1, seq, msg };
}

test('types and fields nobody knows are counted under their names and break nothing', () => {
  const decoder = fresh();
  const ticker = { market_ticker: 'TST-A', price_dollars: '0.4000', mood: 'good', zeal: { a: 1 } };
  assert.equal(send(decoder, { type: 'ticker', sid: 1, msg: ticker }), Frame.Ticker);
  assert.equal(send(decoder, { type: 'ticker', sid: 1, shard: 3, msg: { ...ticker, mood: null } }), Frame.Ticker);
  const metadata = { event_ticker: 'E', vibe: 1 };
  const created = { event_type: 'created', market_ticker: 'B', additional_metadata: metadata };
  const ranges = [{ start: '0', end: '1', step: '0.01', why: 'x' }];
  const frame = { type: 'market_lifecycle_v2', sid: 2, seq: 1, msg: { ...created, price_ranges: ranges } };
  assert.equal(send(decoder, frame), Frame.Lifecycle);
  for (let i = 0; i < 3; i++) assert.equal(send(decoder, { type: 'brand_new', sid: 3, msg: { a: 1 } }), Frame.Other);
  assert.deepEqual(decoder.drift.list(), [
    {
      type: 'ticker',
      known: true,
      frames: 2,
      fields: [
        { name: 'mood', frames: 2 },
        { name: 'zeal', frames: 2 },
        { name: 'shard', frames: 1 },
      ],
    },
    {
      type: 'market_lifecycle_v2',
      known: true,
      frames: 1,
      fields: [
        { name: 'additional_metadata.vibe', frames: 1 },
        { name: 'price_ranges.why', frames: 1 },
      ],
    },
    { type: 'brand_new', known: false, frames: 3, fields: [] },
  ]);
  assert.equal(decoder.drift.distinct, 6);
});

test('a new field in book frames is seen although the frames are read by layout', () => {
  const decoder = fresh();
  for (let seq = 1; seq < 50; seq++) assert.equal(send(decoder, delta(seq)), Frame.Delta);
  assert.deepEqual(decoder.drift.list(), []);
  for (let seq = 50; seq < 1000; seq++) assert.equal(send(decoder, delta(seq, { queue_ns: 17 })), Frame.Delta);
  const [found] = decoder.drift.list();
  assert.deepEqual([found?.type, found?.fields.map((f) => f.name)], ['orderbook_delta', ['queue_ns']]);
});

test('a feed that changes its layout all the time is sampled, not parsed twice for ever', () => {
  const decoder = fresh();
  const rare = (seq: number): Json => delta(seq, { [`x${seq % 40}`]: 1 });
  for (let seq = 1; seq <= 20_000; seq++) send(decoder, rare(seq));
  const frames = decoder.drift.list()[0]!.frames;
  assert.ok(frames >= 40 && frames <= 200, `${frames} of 20,000 frames were looked at`);
});

test('names are bounded: a server that invents them without end fills no memory', () => {
  const decoder = fresh();
  for (let i = 0; i < 500; i++) {
    send(decoder, { type: `${'long'.repeat(100)}${i}`, sid: 1, msg: {} });
    send(decoder, { type: `t${i}`, sid: 1, msg: {} });
    send(decoder, { type: 'ticker', sid: 1, msg: { market_ticker: 'TST-A', [`f${i}`]: 1 } });
  }
  const list = decoder.drift.list();
  assert.equal(list.length, 64);
  assert.equal(list.find((d) => d.type === 'ticker')?.fields.length, 64);
  for (const { type } of list) assert.ok(type.length <= 64);
  assert.ok(decoder.drift.overflow >= 500 - 64);
});

test('keys that are traps in other tables are ordinary strangers here', () => {
  const decoder = fresh();
  const text =
    '{"type":"ticker","sid":1,"constructor":1,"msg":{"market_ticker":"TST-A","__proto__":{"x":1},"toString":2}}';
  assert.equal(decoder.decode(Buffer.from(text)), Frame.Ticker);
  const names = decoder.drift.list()[0]!.fields.map((f) => f.name);
  assert.deepEqual(names.sort(), ['__proto__', 'constructor', 'toString']);
});

test('recordings of the exchange hold no field this program does not know', (t) => {
  const folder = new URL('../../../shared/feeds/', import.meta.url);
  if (!existsSync(folder)) return t.skip('recordings absent');
  for (const name of readdirSync(folder).filter((n) => /^fp_.*\.ndjson\.gz$/.test(n))) {
    const decoder = new FrameDecoder(new TickerTable(), { yesPrices: false });
    const text = gunzipSync(readFileSync(new URL(name, folder)))
      .toString()
      .trimEnd();
    for (const line of text.split('\n')) decoder.decodeFully(Buffer.from(line.slice(line.indexOf('"frame":') + 8, -1)));
    assert.deepEqual(decoder.drift.list(), [], name);
  }
});
