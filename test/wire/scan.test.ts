import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Frame, FrameDecoder, TickerTable } from '../../engine/wire/index.ts';
import { FrameScanner, Scan } from '../../engine/wire/scan.ts';
import { damage, damaged, TICKERS, tapeFrame } from './frames.ts';

function table(): TickerTable {
  const tickers = new TickerTable();
  for (const ticker of TICKERS) tickers.add(ticker);
  return tickers;
}

function decoders(yesPrices: boolean): readonly [FrameDecoder, FrameDecoder] {
  const tickers = table();
  return [new FrameDecoder(tickers, { yesPrices }), new FrameDecoder(tickers, { yesPrices })];
}

const MODES = { 'NO money': decoders(false), 'YES money': decoders(true) };

/** All a delta or trade says, as one comparable value. */
function said(d: FrameDecoder): unknown {
  const { kind, sid, seq, market, side, price, count, timeMs, isBlockTrade, ticker } = d;
  return { kind, sid, seq, market, side, price, count, timeMs, isBlockTrade, ticker };
}

function agree(bytes: Uint8Array, [fast, full]: readonly [FrameDecoder, FrameDecoder]): void {
  const kind = fast.decode(bytes);
  full.decodeFully(bytes);
  assert.equal(kind, full.kind);
  if (kind === Frame.Delta || kind === Frame.Trade) assert.deepEqual(said(fast), said(full));
  else assert.equal(fast.reason, full.reason);
}

for (const [name, pair] of Object.entries(MODES)) {
  test(`the scanner says what the full parser says, levels in ${name}`, () => {
    const kinds = new Map<number, number>();
    fc.assert(
      fc.property(tapeFrame, (frame) => {
        agree(Buffer.from(frame), pair);
        kinds.set(pair[0].kind, (kinds.get(pair[0].kind) ?? 0) + 1);
      }),
      { numRuns: 6_000, seed: 100 },
    );
    assert.ok((kinds.get(Frame.Delta) ?? 0) > 1_500 && (kinds.get(Frame.Trade) ?? 0) > 1_500);
  });
}

test('most plain frames never reach the full parser', () => {
  const scanner = new FrameScanner(table());
  let scanned = 0;
  fc.assert(
    fc.property(tapeFrame, (frame) => {
      if (scanner.scan(Buffer.from(frame)) !== Scan.Unsure) scanned++;
    }),
    { numRuns: 2_000, seed: 300 },
  );
  assert.ok(scanned > 1_000, `only ${scanned} of 2000`);
});

/** What the scanner may not get wrong when the bytes are damaged but still a message for the full parser. */
test('a damaged frame gives the value the full parser reads, or none: a wrong value never', () => {
  const pair = MODES['NO money'];
  const scanner = new FrameScanner(table());
  let survived = 0;
  let passed = 0;
  fc.assert(
    fc.property(tapeFrame, fc.array(damage, { minLength: 1, maxLength: 2 }), (frame, damages) => {
      let bytes: Uint8Array = Buffer.from(frame);
      for (const d of damages) if (bytes.length > 0) bytes = damaged(bytes, d);
      const [fast, full] = pair;
      const verdict = scanner.scan(bytes);
      full.decodeFully(bytes);
      const readable = full.kind === Frame.Delta || full.kind === Frame.Trade;
      if (verdict === Scan.Unsure) {
        assert.equal(fast.decode(bytes), full.kind);
        return;
      }
      fast.decode(bytes);
      if (readable) {
        survived++;
        assert.deepEqual(said(fast), said(full));
        return;
      }
      // The full parser refuses it: then only a field nobody reads may be broken. Cut those out and compare again.
      passed++;
      const mended = withoutUnread(Buffer.from(bytes).toString('latin1'));
      full.decodeFully(Buffer.from(mended, 'latin1'));
      assert.deepEqual(said(fast), said(full), `${full.reason}: ${Buffer.from(bytes).toString('latin1')}`);
    }),
    { numRuns: 25_000, seed: 200 },
  );
  assert.ok(survived > 500, `only ${survived} damaged frames were still readable`);
  assert.ok(passed < 1_500, `${passed} frames with unreadable fields passed`);
});

const READ = [
  'type',
  'sid',
  'seq',
  'msg',
  'market_ticker',
  'price_dollars',
  'delta_fp',
  'side',
  'ts_ms',
  'price',
  'delta',
];
const READ_IN_TRADE = ['yes_price_dollars', 'count_fp', 'taker_outcome_side', 'is_block_trade'];

/** The values of keys nobody reads replaced by null; independent of the scanner (a regular expression over pairs). */
function withoutUnread(frame: string): string {
  return frame.replaceAll(/"([^"\\]*)"(\s*:\s*)("[^"\\]*"|[^\s,{}[\]":]+)/g, (pair, key: string, colon: string) =>
    READ.includes(key) || READ_IN_TRADE.includes(key) ? pair : `"${key}"${colon}null`,
  );
}

test('every prefix of a frame is refused', () => {
  const [fast] = MODES['NO money'];
  const frame =
    '{"type":"orderbook_delta","sid":1,"seq":2,"msg":{"market_ticker":"KXTEST-26NOV23-A","price_dollars":"0.4700","delta_fp":"-3.00","side":"yes","ts_ms":1781159489957}}';
  for (let cut = 0; cut < frame.length; cut++)
    assert.equal(fast.decode(Buffer.from(frame.slice(0, cut))), Frame.Garbage, frame.slice(0, cut));
  assert.equal(fast.decode(Buffer.from(frame)), Frame.Delta);
  assert.equal(fast.decode(Buffer.from(`${frame}x`)), Frame.Garbage);
  assert.equal(fast.decode(Buffer.from(`${frame}${frame}`)), Frame.Garbage);
});

test('a key that stands twice is left to the full parser, which takes the last', () => {
  const scanner = new FrameScanner(table());
  const frame = Buffer.from(
    '{"type":"orderbook_delta","sid":1,"seq":2,"msg":{"market_ticker":"KXTEST-26NOV23-A","price_dollars":"0.4700","price_dollars":"0.4800","delta_fp":"1.00","side":"yes"}}',
  );
  assert.equal(scanner.scan(frame), Scan.Unsure);
  agree(frame, MODES['NO money']);
  assert.equal(MODES['NO money'][0].price, 4800);
});
