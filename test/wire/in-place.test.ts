import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Frame, FrameDecoder, MAX_FRAME_BYTES, TickerTable } from '../../engine/wire/index.ts';
import { FrameScanner } from '../../engine/wire/scan.ts';
import { Scan } from '../../engine/wire/scan-kind.ts';
import { damage, damaged, TICKERS, tapeFrame } from './frames.ts';

function fresh(): FrameDecoder {
  const tickers = new TickerTable();
  for (const ticker of TICKERS) tickers.add(ticker);
  return new FrameDecoder(tickers, { yesPrices: true });
}

function said(d: FrameDecoder): unknown {
  const { kind, sid, seq, id, market, side, price, count, timeMs, isBlockTrade, ticker, type, detail, reason } = d;
  return { kind, sid, seq, id, market, side, price, count, timeMs, isBlockTrade, ticker, type, detail, reason };
}

test('a frame read in place says what the same frame says alone, whatever stands around it', () => {
  const inPlace = fresh();
  const alone = fresh();
  // One buffer for all frames, as a socket has; it begins inside a larger one.
  const buffer = new Uint8Array(new ArrayBuffer(8192), 24, 8000);
  const noise = fc.uint8Array({ maxLength: 60 });
  fc.assert(
    fc.property(
      tapeFrame,
      noise,
      noise,
      fc.option(damage, { nil: undefined, freq: 4 }),
      (text, before, after, harm) => {
        const whole = Buffer.from(text);
        const frame = harm === undefined ? whole : damaged(whole, harm);
        buffer.fill(0x22);
        buffer.set(before, 0);
        buffer.set(frame, before.length);
        buffer.set(after, before.length + frame.length);
        inPlace.decodeIn(buffer, before.length, before.length + frame.length);
        alone.decode(Uint8Array.from(frame));
        assert.deepEqual(said(inPlace), said(alone));
      },
    ),
    { numRuns: 4000, seed: 7 },
  );
});

test('frames back to back in one buffer are read one by one, and bytes behind the end are never read', () => {
  const decoder = fresh();
  const texts = ['1.00', '2.00', '3.00'].map((n, i) => {
    const msg = {
      market_ticker: TICKERS[0],
      price_dollars: '0.4000',
      delta_fp: n,
      side: 'yes',
      ts_ms: 1_781_159_489_957,
    };
    return JSON.stringify({ type: 'orderbook_delta', sid: 1, seq: i + 1, msg });
  });
  const buffer = Buffer.from(texts.join(''));
  let at = 0;
  for (const [i, text] of texts.entries()) {
    assert.equal(decoder.decodeIn(buffer, at, at + text.length), Frame.Delta);
    assert.deepEqual([decoder.count, decoder.seq, decoder.ticker], [(i + 1) * 100, i + 1, TICKERS[0]]);
    for (const cut of [1, 2, 20]) assert.equal(decoder.decodeIn(buffer, at, at + text.length - cut), Frame.Garbage);
    at += text.length;
  }
  assert.equal(decoder.decodeIn(buffer, 5, 5), Frame.Garbage);
});

test('the size limit is that of the frame, not of the buffer it lies in', () => {
  const decoder = fresh();
  const text = '{"type":"unsubscribed","id":1,"sid":2,"seq":7}';
  const buffer = Buffer.alloc(MAX_FRAME_BYTES + 100, 0x20);
  buffer.write(text, 50);
  assert.equal(decoder.decodeIn(buffer, 50, 50 + text.length), Frame.Unsubscribed);
  assert.equal(decoder.decodeIn(buffer, 0, buffer.length), Frame.Garbage);
});

test('wherever a frame lies, it is read by the layout that was learnt from the first one', () => {
  const tickers = new TickerTable();
  for (const ticker of TICKERS) tickers.add(ticker);
  let strangers = 0;
  const scanner = new FrameScanner(tickers, () => strangers++);
  const bytes = Buffer.from(
    JSON.stringify({
      type: 'orderbook_delta',
      sid: 1,
      seq: 7,
      msg: { market_ticker: TICKERS[0], price_dollars: '0.4000', delta_fp: '1.00', side: 'yes' },
    }),
  );
  const buffer = new Uint8Array(new ArrayBuffer(4096), 40, 4000);
  for (let from = 0; from < 500; from++) {
    buffer.set(bytes, from);
    assert.equal(scanner.scan(buffer, from, from + bytes.length), Scan.Delta);
    assert.equal(scanner.tickerEnd - scanner.tickerStart, TICKERS[0]!.length);
  }
  assert.equal(strangers, 1);
});

test('book frames read in place allocate nothing', () => {
  const decoder = fresh();
  const frames = Array.from({ length: 64 }, (_, i) => {
    const msg = {
      market_ticker: TICKERS[i % 2],
      price_dollars: '0.4000',
      delta_fp: `${i}.00`,
      side: i % 3 ? 'yes' : 'no',
    };
    return JSON.stringify({ type: 'orderbook_delta', sid: 1, seq: 1000 + i, msg });
  });
  const buffer = Buffer.from(frames.join(''));
  const starts = frames.map((_, i) => frames.slice(0, i).join('').length);
  const pass = (rounds: number): number => {
    let sum = 0;
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < frames.length; i++) {
        const kind = decoder.decodeIn(buffer, starts[i]!, starts[i]! + frames[i]!.length);
        sum += kind === Frame.Delta ? decoder.count : Number.NaN;
      }
    }
    return sum;
  };
  pass(2000);
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 5; attempt++) {
    const before = process.memoryUsage().heapUsed;
    assert.ok(pass(2000) > 0);
    least = Math.min(least, Math.max(0, process.memoryUsage().heapUsed - before));
  }
  // 128,000 frames: a single small object a frame would be two million bytes.
  assert.ok(least < 200_000, `${least} bytes for 128,000 frames`);
});

test('values a layout does not read teach no second layout of the same, and new layouts replace the idle one', () => {
  const tickers = new TickerTable();
  for (const ticker of TICKERS) tickers.add(ticker);
  const scanner = new FrameScanner(tickers);
  const frameOf = (ticker: string, price: string, more = ''): Buffer =>
    Buffer.from(
      `{"type":"orderbook_delta","sid":1,"seq":7,"msg":{"market_ticker":"${ticker}","price_dollars":"${price}","delta_fp":"1.00","side":"yes"${more}}}`,
    );
  const odd = [frameOf('UNLISTED', '0.4000'), frameOf(TICKERS[0], '1.0000'), frameOf(TICKERS[0], '0.4')];
  for (let n = 0; n < 10; n++) for (const frame of odd) assert.equal(scanner.scan(frame), Scan.Delta);
  const plain = frameOf(TICKERS[0], '0.4000');
  assert.equal(scanner.scanLayouts(plain), Scan.Delta);
  assert.equal(scanner.scanLayouts(odd[1]!), Scan.Unsure);
  // Twenty layouts in turn, of which eight are kept: the one in use is never the one that goes.
  for (let n = 0; n < 20; n++) {
    assert.equal(scanner.scan(frameOf(TICKERS[1], '0.4000', `,"x${n}":1`)), Scan.Delta);
    assert.equal(scanner.scanLayouts(frameOf(TICKERS[1], '0.4000', `,"x${n}":2`)), Scan.Delta, `layout ${n}`);
    assert.equal(scanner.scanLayouts(plain), Scan.Delta);
  }
});
