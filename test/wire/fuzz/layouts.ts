import type { Random } from './random.ts';
import * as v from './values.ts';

type Field = readonly [key: string, write: v.Writer];

/** The keys of a frame in an order, and how it is spaced. */
export interface Layout {
  readonly outer: readonly Field[];
  /** Where in `outer` the body stands. */
  readonly bodyAt: number;
  readonly inner: readonly Field[];
  readonly space: string;
}

const SIZED: readonly Field[] = [
  ['price_dollars', v.dollars],
  ['delta_fp', v.changes],
];
const CENTS: readonly Field[] = [
  ['price', v.cents],
  ['delta', v.wholeChanges],
];
const DELTA_MORE: readonly Field[] = [
  ['market_id', v.uuid],
  ['ts', v.instant],
  ['ts_ms', v.millis],
  ['client_order_id', v.uuid],
  ['subaccount', v.whole],
];
const TRADED: readonly Field[] = [
  ['yes_price_dollars', v.dollars],
  ['count_fp', v.sizes],
  ['taker_outcome_side', v.leg],
];
const TRADED_OLD: readonly Field[] = [
  ['yes_price', v.cents],
  ['count', v.whole],
  ['taker_side', v.leg],
];
const TRADE_MORE: readonly Field[] = [
  ['trade_id', v.uuid],
  ['no_price_dollars', v.dollars],
  ['taker_side', v.leg],
  ['taker_book_side', (r) => (r.once(2) ? '"bid"' : '"ask"')],
  ['is_block_trade', v.flag],
  ['ts', v.instant],
  ['ts_ms', v.millis],
];

/** Keys of other frames, keys of the other level, and traps. */
const STRANGERS: readonly Field[] = [
  ...[...SIZED, ...CENTS, ...TRADED, ...TRADED_OLD],
  ['side', v.leg],
  ['is_block_trade', v.flag],
  ['ticker', v.ticker],
  ['market_ticker', v.ticker],
  ['id', v.whole],
  ['sid', v.sid],
  ['seq', v.seq],
  ['type', () => '"trade"'],
  ['msg', v.anything],
  ...['note', 'ünï', '__proto__', 'constructor', 'toString', 'price_dollars_old', 'seqs', '', 'mood'].map(
    (key): Field => [key, v.anything],
  ),
];

function stranger(r: Random): Field {
  const [key, write] = r.of(STRANGERS);
  return [key, write === v.anything ? v.filling(r) : write];
}

const SPACES = [' ', '\n', '\t', '\r\n', '  \n'];

/** A layout like the exchange's, or one it never had. */
export function layout(r: Random): Layout {
  const isTrade = r.once(3);
  const inner: Field[] = [['market_ticker', v.ticker]];
  if (isTrade) inner.push(...(r.once(8) ? TRADED_OLD : TRADED));
  else {
    inner.push(['side', v.leg]);
    const form = r.below(16);
    if (form < 9 || form === 15) inner.push(...SIZED);
    if (form >= 9) inner.push(...CENTS);
  }
  for (const field of isTrade ? TRADE_MORE : DELTA_MORE) if (!r.once(2)) inner.push(field);
  const type: Field = ['type', () => (isTrade ? '"trade"' : '"orderbook_delta"')];
  const outer: Field[] = [type, ['sid', v.sid], ['seq', v.seq]];
  if (r.once(8)) inner.push(stranger(r));
  if (r.once(16)) outer.push(stranger(r));
  if (r.once(40)) inner.splice(r.below(inner.length), 1);
  if (r.once(60)) outer.splice(r.below(outer.length), 1);
  if (r.once(2)) r.shuffle(inner);
  if (r.once(3)) r.shuffle(outer);
  const bodyAt = r.once(10) ? r.below(outer.length + 1) : outer.length;
  return { outer, bodyAt, inner, space: r.once(8) ? r.of(SPACES) : '' };
}

function written(key: string, r: Random): string {
  // One key in a thousand is written with an escape: the same key to JSON, other bytes.
  if (key === '' || !r.once(1000)) return `"${key}"`;
  const at = r.below(key.length);
  return `"${key.slice(0, at)}\\u${key.charCodeAt(at).toString(16).padStart(4, '0')}${key.slice(at + 1)}"`;
}

function object(fields: readonly Field[], bodyAt: number, body: string, space: string, r: Random): string {
  let text = '{';
  for (let i = 0; i <= fields.length; i++) {
    if (i === bodyAt) text += `${text === '{' ? '' : ','}${space}"msg"${space}:${space}${body}`;
    if (i === fields.length) break;
    const [key, write] = fields[i]!;
    text += `${text === '{' ? '' : ','}${space}${written(key, r)}${space}:${space}${write(r)}`;
  }
  return `${text}${space}}`;
}

/** A frame of the layout with fresh values. */
export function frame({ outer, bodyAt, inner, space }: Layout, r: Random): string {
  const body = r.once(500) ? v.anything(r) : object(inner, -1, '', space, r);
  return object(outer, bodyAt, body, space, r) + space;
}
