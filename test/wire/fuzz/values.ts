import type { Random } from './random.ts';

/** Tickers in the table, some of them prefixes of others, of every length modulo four. */
export const LISTED = [
  'KXTEST-26NOV23-A',
  'KXTEST-26NOV23-B',
  'KXTEST-26NOV23-AB',
  'INXD-T50.5',
  'K',
  'KX-1',
  'KXTEST',
];
const TICKERS = [...LISTED, ...LISTED, 'KXTEST-26NOV23', 'INXD-T50.6', 'k', 'X'.repeat(300)];

/** Writes the JSON text of one value. */
export type Writer = (r: Random) => string;

const DIGITS = '0123456789';

function digits(r: Random, most: number): string {
  let text = '';
  for (let n = 1 + r.below(most); n > 0; n--) text += DIGITS[r.below(10)];
  return text;
}

/** In the place of a decimal text. */
const ODD_DECIMALS = [
  ...['"0"', '"1"', '"0.5"', '"0.47"', '"0.470"', '"0.470000"', '"0.4700000"', '"00.4700"', '"0.47001"', '"0.470010"'],
  ...[
    '"-0.1000"',
    '"-0.0000"',
    '"-0"',
    '"1.0000"',
    '"1.0001"',
    '"1e-1"',
    '"1E2"',
    '".5"',
    '"5."',
    '"."',
    '"-"',
    '"+0.5"',
  ],
  ...[
    '" 0.5"',
    '"0.5 "',
    '""',
    '"NaN"',
    '"Infinity"',
    '"0x1"',
    '"0.4 7"',
    '"0.47\\u0030"',
    '"\\u0030.4700"',
    '"0.4٧00"',
  ],
  ...[
    '"90071992547409.91"',
    '"90071992547409.92"',
    '"9007199254740991"',
    '"99999999999999999999.00"',
    '"0.00000000000000"',
  ],
  ...['"000000000000000000.5000"', '"1,000.00"', '"--1.00"', '"0.4700\\n"', '"0..5"', '"0.5.0"', '"999999999999.99"'],
  ...['"-999999999999.99"', '"9999999999999.99"', '0.47', '47', 'null', 'true', '[]', '{}', '["0.4700"]', '1e-1'],
];

/** In the place of a number. */
const ODD_NUMBERS = [
  ...[
    '0',
    '-0',
    '-1',
    '1.0',
    '1e2',
    '1E+2',
    '100e-2',
    '0.5',
    '1e400',
    '-1e400',
    '9007199254740991',
    '9007199254740992',
  ],
  ...['999999999999999', '1000000000000000', '99999999999999999999', '"7"', '""', 'null', 'true', 'false', '[]', '{}'],
  ...['[1]', '100', '101', '4294967296', '2147483648', '1e15', '10000000000000', '9999999999999', '1000000000000'],
];

/** In the place of a word. */
const ODD_WORDS = [
  ...[
    '"Yes"',
    '"NO"',
    '"y"',
    '"n"',
    '"no "',
    '"yes\\u0020"',
    '"\\u0079es"',
    '"n\\u006f"',
    '"noo"',
    '"yesno"',
    '""',
    '"bid"',
  ],
  ...['null', 'true', '0', '[]', '{}'],
];

const ODD_TICKERS = [
  '""',
  'null',
  '7',
  '{}',
  '"KXTEST\\u002d26NOV23-A"',
  '"K\\"X"',
  '"KÜ"',
  '"K\\\\"',
  '["K"]',
  '" K"',
];

/** One value in so many is odd. */
const PER_ODD = 40;

function mostly(plain: Writer, odd: readonly string[]): Writer {
  return (r) => (r.once(PER_ODD) ? r.of(odd) : plain(r));
}

export const ticker = mostly((r) => `"${r.of(TICKERS)}"`, ODD_TICKERS);
export const leg = mostly((r) => ((r.bits() & 1) === 0 ? '"yes"' : '"no"'), ODD_WORDS);
export const flag = mostly((r) => (r.once(3) ? 'true' : 'false'), ['null', '"true"', '0', '[]', '{}']);

export const dollars = mostly((r) => {
  const price = String(10_000 + r.below(10_000)).slice(1);
  if (!r.once(8)) return `"0.${price}"`;
  return `"0.${price.slice(0, 1 + r.below(4))}${'0'.repeat(r.below(3))}"`;
}, ODD_DECIMALS);

function size(r: Random): string {
  const whole = r.once(6) ? digits(r, 14) : String(r.below(5000));
  if (!r.once(8)) return `${whole}.${DIGITS[r.below(10)]}${DIGITS[r.below(10)]}`;
  return r.once(2) ? whole : `${whole}.${digits(r, 6)}`;
}

export const sizes = mostly((r) => `"${size(r)}"`, ODD_DECIMALS);
export const changes = mostly((r) => `"${(r.bits() & 1) === 0 ? '-' : ''}${size(r)}"`, ODD_DECIMALS);
export const cents = mostly((r) => String(r.below(101)), ODD_NUMBERS);
export const wholeChanges = mostly((r) => String(r.below(20_001) - 10_000), ODD_NUMBERS);
export const whole = mostly((r) => String(r.below(100_000)), ODD_NUMBERS);
export const sid = mostly((r) => String(1 + r.below(r.once(10) ? 2_000_000_000 : 40)), ODD_NUMBERS);
export const seq = mostly((r) => String(1 + (r.bits() >>> r.below(32))), ODD_NUMBERS);
export const millis = mostly((r) => String(1_500_000_000_000 + r.below(900_000_000_000)), ODD_NUMBERS);

export const instant: Writer = (r) => `"2026-11-18T05:34:${10 + r.below(50)}.${100_000 + r.below(900_000)}Z"`;
export const uuid: Writer = (r) => `"${r.bits().toString(16)}-8bde-4a7e-9d41-da979865ae04"`;

/** Values of keys nobody reads. */
const ANYTHING = [
  ...[
    '"a \\"quoted\\" } word"',
    '"ends in a backslash \\\\"',
    '"\\\\\\""',
    '"{\\"price_dollars\\":\\"0.9900\\"}"',
    '"Ωμέγα"',
  ],
  ...[
    '"\\u0000\\ud83d\\ude00"',
    '"\\ud800"',
    '{"price_dollars":"0.9900","side":"no"}',
    '[1,[2,{"a":null}]]',
    'null',
    'true',
  ],
  ...[
    '1e400',
    '-0.25E-3',
    '-7',
    '""',
    '0',
    '"},\\"seq\\":9"',
    '{}',
    '[]',
    '12345678901234567890',
    '"yes"',
    '"\\t"',
    '"\u007f"',
  ],
];
export const anything: Writer = (r) => r.of(ANYTHING);

/** One way to fill a key nobody reads: the same value for ever, or texts, or numbers. */
export function filling(r: Random): Writer {
  const same = r.of(ANYTHING);
  return r.of<Writer>([anything, () => same, (own) => `"${digits(own, 9)}"`, (own) => String(own.below(1e9))]);
}
