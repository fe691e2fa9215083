import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Frame, FrameDecoder, MAX_FRAME_BYTES, TickerTable } from '../../engine/wire/index.ts';
import { MAX_CONTAINERS, MAX_DEPTH, pairsIn, Structure } from '../../engine/wire/structure.ts';

const tickers = new TickerTable();
tickers.add('T');
const decoder = new FrameDecoder(tickers, { yesPrices: true });
const DELTA =
  '"type":"orderbook_delta","sid":1,"seq":2,"msg":{"market_ticker":"T","price_dollars":"0.4700","delta_fp":"1.00","side":"yes"';

function filled(head: string, piece: string, tail: string, length: number): Buffer {
  return Buffer.from(
    head + piece.repeat(Math.floor((length - head.length - tail.length) / piece.length)) + tail,
    'latin1',
  );
}

test('16 MB of brackets, lists or levels are refused before anything is built from them', (t) => {
  const parse = t.mock.method(JSON, 'parse');
  const snapshot = '{"type":"orderbook_snapshot","sid":1,"seq":2,"msg":{"market_ticker":"T","yes_dollars_fp":[';
  const frames: readonly (readonly [Buffer, RegExp])[] = [
    [filled('', '[', '', MAX_FRAME_BYTES), /nested more than 64 deep/],
    [filled('', '{"a":', '', MAX_FRAME_BYTES), /nested more than 64 deep/],
    [filled(`{${DELTA},"list":[`, '[],', '0]}}', MAX_FRAME_BYTES), /more than 65536 objects and arrays/],
    [filled(`{${DELTA},"list":[`, '{},', '0]}}', MAX_FRAME_BYTES), /more than 65536 objects and arrays/],
    [filled(snapshot, '["0.4700","1.00"],', '[]]}}', MAX_FRAME_BYTES), /more than 65536 objects and arrays/],
    [filled('', 'x', '', MAX_FRAME_BYTES + 1), /is over 16777216/],
  ];
  for (const [bytes, reason] of frames) {
    assert.equal(decoder.decode(bytes), Frame.Garbage);
    assert.match(decoder.reason, reason);
  }
  assert.equal(parse.mock.callCount(), 0);
});

test('whatever a long frame holds, it is parsed once at most, and its reason is short', (t) => {
  const length = 1_000_000;
  const frames: readonly (readonly [Buffer, number])[] = [
    [filled(`{${DELTA},"note":"`, 'x', '"}}', length), Frame.Delta],
    [filled(`{${DELTA},"note":"`, '\\u0041', '"}}', length), Frame.Delta],
    [filled(`{${DELTA}`, ' ', '}}', length), Frame.Delta],
    [filled(`{${DELTA},"note":"`, '\xff', '"}}', length), Frame.Garbage],
    [filled(`{${DELTA},"note":"`, '\xc3\xa9', '"}}', length), Frame.Delta],
    [filled(`{${DELTA}`, ',"side":"no"', '}}', length), Frame.Garbage],
    [filled(`{${DELTA},"big":`, '7', '}}', length), Frame.Delta],
    [filled('{"type":"trade","sid":1,"seq":', '7', ',"msg":{}}', length), Frame.Malformed],
    [filled(`{${DELTA.replace('0.4700"', '0.')}`, '0', '"}}', length), Frame.Garbage],
    [filled(`{${DELTA.replace('"1.00"', '"')}`, '9', '"}}', length), Frame.Garbage],
    [filled('{"type":"', 'x', '"}', length), Frame.Other],
    [filled('{"type":"error","msg":"', 'x', '"}', length), Frame.Malformed],
  ];
  const parse = t.mock.method(JSON, 'parse');
  for (const [i, [bytes, kind]] of frames.entries()) {
    parse.mock.resetCalls();
    assert.equal(decoder.decode(bytes), kind, `frame ${i}: ${decoder.reason}`);
    assert.ok(parse.mock.callCount() <= 1);
    assert.ok(decoder.reason.length < 400);
  }
});

test('a side of a snapshot with more levels than there are prices makes its market stale, by name', () => {
  const text = (levels: number): string => {
    const all = Array.from({ length: levels }, (_, at) => [(Math.min(at, 10_000) / 10_000).toFixed(4), '1.00']);
    const msg = { market_ticker: 'T', yes_dollars_fp: all };
    return JSON.stringify({ type: 'orderbook_snapshot', sid: 1, seq: 2, msg });
  };
  assert.equal(decoder.decode(Buffer.from(text(10_001))), Frame.Snapshot);
  assert.equal(decoder.decode(Buffer.from(text(10_002))), Frame.Malformed);
  assert.match(decoder.reason, /yes_dollars_fp is an array, expected at most 10001 levels/);
  assert.equal(decoder.market, 0);
});

test('numbers JSON has no word for are refused wherever they stand', () => {
  for (const number of ['NaN', 'Infinity', '-Infinity', '1e400', '-1e400', '0x10', '01', '1.', '.5', '+1']) {
    for (const field of ['sid', 'seq']) {
      const text = `{${DELTA}}}`.replace(new RegExp(`"${field}":\\d`), `"${field}":${number}`);
      const kind = decoder.decode(Buffer.from(text));
      assert.ok(kind === Frame.Garbage || kind === Frame.Malformed, text);
    }
    const kind = decoder.decode(Buffer.from(`{${DELTA},"ts_ms":${number}}}`));
    assert.ok(kind === Frame.Garbage || kind === Frame.Malformed, number);
  }
});

test('what is counted in the text is what JSON.parse builds', () => {
  const structure = new Structure();
  const walk = (text: string): string => {
    const bytes = Buffer.from(`?${text}?`);
    return structure.walk(bytes, 1, bytes.length - 1);
  };
  const texts = [
    '{}',
    '7',
    '{"a":1,"b":{"a":[{"c":null},[[]],{"d":"e"}]}}',
    '{"a:b":"c:\\"d\\":{","\\\\":"[[[[","":[{"":{}}]}',
    '{"ü:":"😀:{"}',
    '{"__proto__":{"a":1},"constructor":2}',
  ];
  for (const text of texts) {
    assert.equal(walk(text), '');
    assert.equal(structure.pairs, pairsIn(JSON.parse(text)), text);
  }
  for (const text of ['{"a":1,"a":1}', '{"a":1,"\\u0061":1}', '[{"b":{"a":1,"c":2,"a":{}}}]']) {
    walk(text);
    assert.equal(structure.pairs, pairsIn(JSON.parse(text)) + 1, text);
  }
  const nested = (depth: number): string => '[{"a":'.repeat(depth / 2) + '}]'.repeat(depth / 2);
  assert.equal(walk(nested(MAX_DEPTH)), '');
  assert.match(walk(nested(MAX_DEPTH + 2)), /deep/);
  assert.equal(walk(`[${'{}'.repeat(MAX_CONTAINERS - 1)}]`), '');
  assert.match(walk(`[${'{}'.repeat(MAX_CONTAINERS)}]`), /objects and arrays/);
});
