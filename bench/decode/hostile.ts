import { MAX_FRAME_BYTES } from '../../engine/wire/index.ts';

const DELTA =
  '"type":"orderbook_delta","sid":1,"seq":2,"msg":{"market_ticker":"KXBENCH-26NOV1017-B70000","price_dollars":"0.4700","delta_fp":"1.00","side":"yes"';

/** `head`, `piece` over and over, `tail`: as long as the largest frame that is looked at. */
function filled(head: string, piece: string, tail: string): Buffer {
  const times = Math.floor((MAX_FRAME_BYTES - head.length - tail.length) / piece.length);
  return Buffer.from(`${head}${piece.repeat(times)}${tail}`, 'latin1');
}

/** Frames of 16 MB, each bad in its own way. */
export const HOSTILE: Readonly<Record<string, () => Buffer>> = {
  'a text nobody reads': () => filled(`{${DELTA},"note":"`, 'x', '"}}'),
  'a number of all digits': () => filled('{"type":"trade","sid":1,"seq":', '7', '}'),
  'a price of all digits': () =>
    filled('{"type":"orderbook_delta","sid":1,"seq":2,"msg":{"price_dollars":"0.', '0', '"}}'),
  'one key over and over': () => filled(`{${DELTA}`, ',"side":"no"', '}}'),
  'keys without end': () => filled(`{${DELTA}`, ',"k":0', '}}'),
  'brackets never closed': () => filled('', '[', ''),
  'objects in each other': () => filled('', '{"a":', ''),
  'empty lists': () => filled(`{${DELTA},"list":[`, '[],', '0]}}'),
  'a snapshot of a million levels': () =>
    filled(
      '{"type":"orderbook_snapshot","sid":1,"seq":2,"msg":{"market_ticker":"KXBENCH-26NOV1017-B70000","yes_dollars_fp":[',
      '["0.4700","1.00"],',
      '["0.4700","1.00"]]}}',
    ),
  'text that is not UTF-8': () => filled(`{${DELTA},"note":"`, '\xff', '"}}'),
  'a text of escapes': () => filled(`{${DELTA},"note":"`, '\\u0041', '"}}'),
  'blanks between': () => filled(`{${DELTA}`, ' ', '}}'),
};
