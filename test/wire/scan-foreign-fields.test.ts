import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Frame, FrameDecoder, MAX_FRAME_BYTES, TickerTable } from '../../engine/wire/index.ts';
import { FrameScanner } from '../../engine/wire/scan.ts';
import { Scan } from '../../engine/wire/scan-kind.ts';
import { damage, damaged, TICKERS } from './frames.ts';

const tickers = new TickerTable();
for (const ticker of TICKERS) tickers.add(ticker);
const fast = new FrameDecoder(tickers, { yesPrices: false });
const full = new FrameDecoder(tickers, { yesPrices: false });
const scanner = new FrameScanner(tickers);

type Pair = readonly [key: string, json: string];

const DELTA: readonly Pair[] = [
  ['market_ticker', `"${TICKERS[0]}"`],
  ['price_dollars', '"0.4700"'],
  ['delta_fp', '"-3.00"'],
  ['side', '"yes"'],
  ['ts_ms', '1781159489957'],
];
const OLD_DELTA: readonly Pair[] = [
  ['market_ticker', `"${TICKERS[1]}"`],
  ['price', '47'],
  ['delta', '-3'],
  ['side', '"no"'],
];
const TRADE: readonly Pair[] = [
  ['market_ticker', `"${TICKERS[2]}"`],
  ['yes_price_dollars', '"0.3600"'],
  ['count_fp', '"136.00"'],
  ['taker_outcome_side', '"no"'],
  ['is_block_trade', 'false'],
];
/** Fields that are read in some frame, with values unlike those above: where they do not belong they must say nothing. */
const FOREIGN: readonly Pair[] = [
  ['price_dollars', '"0.9100"'],
  ['delta_fp', '"77.00"'],
  ['side', '"no"'],
  ['price', '91'],
  ['delta', '77'],
  ['yes_price_dollars', '"0.9200"'],
  ['count_fp', '"88.00"'],
  ['taker_outcome_side', '"yes"'],
  ['taker_side', '"yes"'],
  ['is_block_trade', 'true'],
  ['yes_price', '93'],
  ['count', '99'],
  ['ticker', `"${TICKERS[3]}"`],
  ['id', '12'],
  ['sid', '13'],
  ['seq', '14'],
  ['type', '"trade"'],
];

function object(pairs: readonly Pair[]): string {
  return `{${pairs.map(([k, v]) => `"${k}":${v}`).join(',')}}`;
}

function placed(pairs: readonly Pair[], more: readonly Pair[], turn: number): Pair[] {
  const all = [...pairs];
  for (const [n, pair] of more.entries()) {
    if (!pairs.some(([k]) => k === pair[0])) all.splice((turn + n * 3) % (all.length + 1), 0, pair);
  }
  return all;
}

/** A good frame with fields of other frames among its own, in its body and in its envelope. */
const frame: fc.Arbitrary<string> = fc
  .record({
    body: fc.constantFrom<[string, readonly Pair[]]>(
      ['orderbook_delta', DELTA],
      ['orderbook_delta', OLD_DELTA],
      ['trade', TRADE],
    ),
    inside: fc.uniqueArray(fc.constantFrom(...FOREIGN), { selector: ([k]) => k, maxLength: 3 }),
    outside: fc.uniqueArray(fc.constantFrom(...FOREIGN), { selector: ([k]) => k, maxLength: 1 }),
    turn: fc.nat(30),
    seq: fc.constantFrom('0', '1', '2000000000'),
  })
  .map(({ body: [type, own], inside, outside, turn, seq }) => {
    const msg = object(placed(own, inside, turn));
    const envelope: Pair[] = [
      ['type', `"${type}"`],
      ['sid', '4'],
      ['seq', seq],
      ['msg', msg],
    ];
    return object(placed(envelope, outside, turn));
  });

function said(d: FrameDecoder): unknown {
  const { kind, sid, seq, id, type, reason, market, side, price, count, timeMs, isBlockTrade, ticker } = d;
  return { kind, sid, seq, id, type, reason, market, side, price, count, timeMs, isBlockTrade, ticker };
}

test('fields of another kind of frame never lend their value to this one', () => {
  let scanned = 0;
  fc.assert(
    fc.property(frame, (text) => {
      const bytes = Buffer.from(text);
      if (scanner.scan(bytes) !== Scan.Unsure) scanned++;
      fast.decode(bytes);
      full.decodeFully(bytes);
      if (fast.kind === Frame.Malformed) assert.equal(full.kind, Frame.Malformed);
      else assert.deepEqual(said(fast), said(full), text);
    }),
    { seed: 81, numRuns: 8000 },
  );
  assert.ok(scanned > 500, `${scanned} were decided without the full parser`);
});

test('one damage: the full parser`s value, or the value before the damage, or none', () => {
  const [before, after] = [new FrameDecoder(tickers, { yesPrices: false }), fast];
  let [same, kept] = [0, 0];
  fc.assert(
    fc.property(frame, damage, (text, harm) => {
      const good = Buffer.from(text);
      const bytes = damaged(good, harm);
      if (scanner.scan(bytes) === Scan.Unsure) return;
      after.decode(bytes);
      const kind = full.decodeFully(bytes);
      if (kind === Frame.Delta || kind === Frame.Trade) {
        same++;
        assert.deepEqual(said(after), said(full));
        return;
      }
      // Refused by the full parser: the damage may only lie in a field nobody reads, so what is read is what it was.
      kept++;
      before.decodeFully(good);
      assert.deepEqual(said(after), said(before), bytes.toString());
    }),
    { seed: 82, numRuns: 30_000 },
  );
  assert.ok(same > 500 && kept > 0, `${same} damaged frames were readable, ${kept} damaged where nobody reads`);
});

test('every single byte of a frame replaced by every telling byte', () => {
  const telling = Buffer.from('"{}[],: \t\n-+.0123456789eEtfnul\\\u0000\u007fx');
  const before = new FrameDecoder(tickers, { yesPrices: false });
  for (const [type, own] of [
    ['orderbook_delta', DELTA],
    ['orderbook_delta', OLD_DELTA],
    ['trade', TRADE],
  ] as const) {
    const msg = object([...own, ['note', '"ab"'], ['n', 'null']]);
    const good = Buffer.from(
      object([
        ['type', `"${type}"`],
        ['sid', '4'],
        ['seq', '10'],
        ['msg', msg],
      ]),
    );
    before.decodeFully(good);
    for (let at = 0; at < good.length; at++) {
      for (const byte of telling) {
        for (const bytes of [
          Buffer.concat([good.subarray(0, at), Uint8Array.of(byte), good.subarray(at + 1)]),
          Buffer.concat([good.subarray(0, at), Uint8Array.of(byte), good.subarray(at)]),
        ]) {
          if (scanner.scan(bytes) === Scan.Unsure) continue;
          fast.decode(bytes);
          const kind = full.decodeFully(bytes);
          const readable = kind === Frame.Delta || kind === Frame.Trade;
          assert.deepEqual(said(fast), said(readable ? full : before), bytes.toString());
        }
      }
    }
  }
});

test('a minus with a gap behind it is not a number', () => {
  const text = object([
    ['type', '"orderbook_delta"'],
    ['sid', '1'],
    ['seq', '2'],
    ['msg', object(OLD_DELTA)],
  ]);
  assert.equal(fast.decode(Buffer.from(text)), Frame.Delta);
  assert.equal(fast.decode(Buffer.from(text.replace('-3', '- 3'))), Frame.Garbage);
});

test('a delta without its place in the sequence is not scanned into the book', () => {
  for (const [sid, seq] of [
    ['0', '5'],
    ['5', '0'],
  ] as const) {
    const text = object([
      ['type', '"orderbook_delta"'],
      ['sid', sid],
      ['seq', seq],
      ['msg', object(DELTA)],
    ]);
    assert.equal(fast.decode(Buffer.from(text)), Frame.Malformed, `sid ${sid} seq ${seq}`);
  }
});

test('a delta with a command id still tells it', () => {
  const text = object([
    ['id', '7'],
    ['type', '"orderbook_delta"'],
    ['sid', '1'],
    ['seq', '2'],
    ['msg', object(DELTA)],
  ]);
  assert.equal(fast.decode(Buffer.from(text)), Frame.Delta);
  assert.equal(fast.id, 7);
});

test('a frame over the size limit is refused unread, also one the scanner could read', () => {
  const note: Pair = ['note', `"${'x'.repeat(MAX_FRAME_BYTES)}"`];
  const text = object([
    ['type', '"orderbook_delta"'],
    ['sid', '1'],
    ['seq', '2'],
    ['msg', object([...DELTA, note])],
  ]);
  assert.equal(fast.decode(Buffer.from(text)), Frame.Garbage);
  assert.match(fast.reason, /over 16777216/);
  assert.equal(fast.decode(Buffer.from(text.replace(`"${'x'.repeat(MAX_FRAME_BYTES)}"`, '"x"'))), Frame.Delta);
  assert.equal(fast.reason, '', 'and its reason is not left behind');
});

test('the type word is told for types nobody handles, and for those only', () => {
  const other = '{"type":"weather_on_mars","sid":5,"seq":9,"msg":{}}';
  assert.equal(fast.decode(Buffer.from(other)), Frame.Other);
  assert.equal(fast.type, 'weather_on_mars');
  const delta = object([
    ['type', '"orderbook_delta"'],
    ['sid', '1'],
    ['seq', '2'],
    ['msg', object(DELTA)],
  ]);
  fast.decode(Buffer.from(delta));
  assert.equal(fast.type, '');
  fast.decode(Buffer.from('{"type":"unsubscribed","id":1,"sid":2,"seq":7}'));
  assert.equal(fast.type, '');
});
