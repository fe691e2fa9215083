import fc from 'fast-check';

/** Tickers known to the tables in these tests; anything else is an unknown market. */
export const TICKERS = ['KXTEST-26NOV23-A', 'KXTEST-26NOV23-B', 'KXTEST-26NOV23-AB', 'INXD-T50.5'] as const;

type Pair = readonly [key: string, json: string];

function decimal(value: number, scale: number, zeros: string): string {
  const digits = String(Math.abs(value)).padStart(scale + 1, '0');
  return `"${value < 0 ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}${zeros}"`;
}

const zeros = fc.constantFrom('', '', '0', '00');
const ticker = fc.constantFrom(...TICKERS, 'KXTEST-26NOV23-UNLISTED').map((t): Pair => ['market_ticker', `"${t}"`]);
const leg = (key: string): fc.Arbitrary<Pair> => fc.constantFrom('yes', 'no').map((side): Pair => [key, `"${side}"`]);
const dollars = (key: string): fc.Arbitrary<Pair> =>
  fc.tuple(fc.integer({ min: 0, max: 10_000 }), zeros).map(([p, z]): Pair => [key, decimal(p, 4, z)]);
const sizes = (key: string, min: number): fc.Arbitrary<Pair> =>
  fc.tuple(fc.integer({ min, max: 400_000_000_000 }), zeros).map(([n, z]): Pair => [key, decimal(n, 2, z)]);
const number = (key: string, min: number, max: number): fc.Arbitrary<Pair> =>
  fc.integer({ min, max }).map((n): Pair => [key, String(n)]);

/** Keys nobody reads, some of them awkward: escapes, nesting, other alphabets, look-alikes of keys that are read. */
const extra: fc.Arbitrary<Pair> = fc.constantFrom<Pair>(
  ['market_id', '"f5ed38e2-0991-4c8f-817e-08c4fd9cbfdb"'],
  ['ts', '"2026-06-11T06:31:29.957081Z"'],
  ['note', '"a \\"quoted\\" } word"'],
  ['deep', '{"price_dollars":"0.9900","side":"no"}'],
  ['list', '[1,[2,{"a":null}]]'],
  ['ünï', '"Ωμέγα"'],
  ['price_dollars_old', '"0.1111"'],
  ['seqs', '77'],
  ['nothing', 'null'],
  ['big', '1e400'],
  ['fraction', '-0.25E-3'],
);

const deltaBody = fc
  .tuple(
    ticker,
    leg('side'),
    fc.oneof(
      fc.tuple(dollars('price_dollars'), sizes('delta_fp', -400_000_000_000)),
      fc.tuple(number('price', 0, 100), number('delta', -1_000_000, 1_000_000)),
      fc.tuple(dollars('price_dollars'), sizes('delta_fp', -900), number('price', 0, 100), number('delta', -9, 9)),
    ),
  )
  .map(([t, side, rest]): Pair[] => [t, side, ...rest]);

const tradeBody = fc
  .tuple(
    ticker,
    dollars('yes_price_dollars'),
    sizes('count_fp', 0),
    leg('taker_outcome_side'),
    fc.option(
      fc.boolean().map((b): Pair => ['is_block_trade', String(b)]),
      { nil: undefined },
    ),
  )
  .map((pairs) => pairs.filter((p) => p !== undefined));

function object(pairs: readonly Pair[], space: string): string {
  return `{${pairs.map(([k, v]) => `${space}${JSON.stringify(k)}${space}:${space}${v}`).join(',')}${space}}`;
}

function shuffled(pairs: fc.Arbitrary<Pair[]>): fc.Arbitrary<Pair[]> {
  const unique = fc.uniqueArray(extra, { selector: ([k]) => k, maxLength: 2 });
  return fc
    .tuple(pairs, fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, unique), number('ts_ms', 0, 4e12), fc.boolean())
    .map(([p, more, ms, timed]) => [...p, ...(timed ? [ms] : []), ...more])
    .chain((all) => fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }));
}

/** A valid delta or trade frame as text: any key order, spacing, extra keys, dollar strings or old cents. */
export const tapeFrame: fc.Arbitrary<string> = fc
  .constantFrom('orderbook_delta', 'trade')
  .chain((type) =>
    fc.tuple(
      fc.constant(type),
      shuffled(type === 'trade' ? tradeBody : deltaBody),
      number('sid', 1, 40),
      number('seq', 1, 2_000_000_000),
      fc.constantFrom('', '', ' ', '\n\t', '\r\n'),
      fc.constantFrom<readonly Pair[]>([], [], [['extra', '1']]),
      fc.nat(23),
    ),
  )
  .map(([type, body, sid, seq, space, more, turn]) => {
    const pairs: Pair[] = [['type', `"${type}"`], sid, seq, ['msg', object(body, space)], ...more];
    const at = turn % pairs.length;
    return object([...pairs.slice(at), ...pairs.slice(0, at)], space) + space;
  });

/** A way to damage bytes. */
export interface Damage {
  readonly kind: 'flip' | 'delete' | 'insert' | 'duplicate' | 'truncate' | 'replace';
  readonly at: number;
  readonly length: number;
  readonly byte: number;
}

export const damage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom('flip', 'delete', 'insert', 'duplicate', 'truncate', 'replace'),
  at: fc.nat(1_000_000),
  length: fc.integer({ min: 1, max: 30 }),
  byte: fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('"{}[],:.-0123456789eE\\ tfn'))),
});

/** The bytes with one damage done to them. */
export function damaged(bytes: Uint8Array, d: Damage): Uint8Array {
  const at = d.at % bytes.length;
  const head = bytes.subarray(0, at);
  const tail = bytes.subarray(at);
  switch (d.kind) {
    case 'flip':
      return Buffer.concat([head, [tail[0]! ^ (1 << (d.byte & 7))], tail.subarray(1)].map((b) => Uint8Array.from(b)));
    case 'replace':
      return Buffer.concat([head, Uint8Array.of(d.byte), tail.subarray(1)]);
    case 'delete':
      return Buffer.concat([head, tail.subarray(d.length)]);
    case 'insert':
      return Buffer.concat([head, Uint8Array.of(d.byte), tail]);
    case 'duplicate':
      return Buffer.concat([head, tail.subarray(0, d.length), tail]);
    default:
      return Buffer.from(head);
  }
}
