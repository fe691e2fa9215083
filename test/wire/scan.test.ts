import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Frame, FrameDecoder, TickerTable } from '../../engine/wire/index.ts';
import { FrameScanner } from '../../engine/wire/scan.ts';
import { Scan } from '../../engine/wire/scan-kind.ts';
import { TICKERS, tapeFrame } from './frames.ts';

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

test('a key that stands twice is refused, read or not, and however it is written', () => {
  const scanner = new FrameScanner(table());
  const frameOf = (more: string): Buffer =>
    Buffer.from(
      `{"type":"orderbook_delta","sid":1,"seq":2,"msg":{"market_ticker":"KXTEST-26NOV23-A","price_dollars":"0.4700",${more}"delta_fp":"1.00","side":"yes"}}`,
    );
  for (const twice of [
    '"price_dollars":"0.4800",',
    '"market_ticker":"KXTEST-26NOV23-B",',
    '"\\u0073ide":"no",',
    '"a":{},"a":1,',
  ]) {
    const frame = frameOf(twice);
    assert.equal(scanner.scan(frame), Scan.Unsure);
    for (const decoder of MODES['NO money']) {
      assert.equal(decoder.decode(frame), Frame.Garbage);
      assert.match(decoder.reason, /stands twice/);
    }
  }
  assert.equal(MODES['NO money'][0].decode(frameOf('"note":"\\"side\\":[{",')), Frame.Delta);
});

test('a mark in the envelope that belongs into the body marks nothing, however often it comes', () => {
  const [fast] = MODES['NO money'];
  const text =
    '{"type":"trade","sid":1,"seq":1,"is_block_trade":true,"msg":{"market_ticker":"KXTEST-26NOV23-A","yes_price_dollars":"0.4700","count_fp":"1.00","taker_outcome_side":"yes"}}';
  for (let n = 0; n < 3; n++) {
    assert.equal(fast.decode(Buffer.from(text)), Frame.Trade);
    assert.equal(fast.isBlockTrade, false);
  }
});

test('a zero with a minus is zero by every way', () => {
  const text = (side: string): string =>
    `{"type":"orderbook_delta","sid":1,"seq":1,"msg":{"market_ticker":"KXTEST-26NOV23-A","price":40,"delta":-0,"side":"${side}"}}`;
  for (const [fast, full] of Object.values(MODES)) {
    for (const side of ['yes', 'yes', 'no', 'yes']) {
      fast.decode(Buffer.from(text(side)));
      full.decodeFully(Buffer.from(text(side)));
      assert.ok(Object.is(fast.count, 0) && Object.is(full.count, 0));
    }
  }
});
