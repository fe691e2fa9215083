import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Count,
  complement,
  count,
  countFromContracts,
  formatCount,
  formatDecimal,
  formatDollars,
  formatMoney,
  formatPrice,
  type Money,
  money,
  notional,
  ONE_DOLLAR,
  type Price,
  parseCount,
  parseDecimal,
  parseMoney,
  parsePrice,
  price,
  priceFromCents,
  priceInCents,
  UnitError,
} from '../../engine/units/index.ts';

const SEED = 20_260_611;

/** The error code a call ends with, 'none' when it does not. */
function codeOf(call: () => unknown): string {
  try {
    call();
    return 'none';
  } catch (error) {
    assert.ok(error instanceof UnitError, `expected a UnitError, got ${String(error)}`);
    assert.ok(error.message.length > 10);
    return error.code;
  }
}

test('every price survives being written and read back', () => {
  for (let p = 0; p <= ONE_DOLLAR; p++) {
    assert.equal(parsePrice(formatPrice(p as Price)), p);
    assert.match(formatPrice(p as Price), /^[01]\.\d{4}$/);
    assert.equal(complement(complement(p as Price)), p);
  }
});

test('counts and amounts survive being written and read back over the whole exact range', () => {
  const safe = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(safe, (n) => {
      assert.equal(parseCount(formatCount(n as Count)), n);
      assert.equal(parseMoney(formatMoney(n as Money)), n);
    }),
    { seed: SEED, numRuns: 3000 },
  );
});

test('parsing agrees with exact integer arithmetic on any plain decimal', () => {
  const digits = (min: number, max: number) =>
    fc.array(fc.integer({ min: 0, max: 9 }), { minLength: min, maxLength: max, size: 'max' }).map((d) => d.join(''));
  fc.assert(
    fc.property(
      fc.boolean(),
      digits(1, 18),
      fc.option(digits(1, 9)),
      fc.constantFrom(0, 2, 4, 6),
      (neg, a, b, scale) => {
        const text = `${neg ? '-' : ''}${a}${b === null ? '' : `.${b}`}`;
        const decimals = b ?? '';
        const tooPrecise = /[1-9]/.test(decimals.slice(scale));
        const exact = BigInt(a + decimals.slice(0, scale).padEnd(scale, '0')) * (neg ? -1n : 1n);
        const tooLarge = exact > BigInt(Number.MAX_SAFE_INTEGER) || exact < BigInt(Number.MIN_SAFE_INTEGER);
        if (tooPrecise)
          assert.equal(
            codeOf(() => parseDecimal(text, scale, 'x')),
            'too_precise',
          );
        else if (tooLarge)
          assert.equal(
            codeOf(() => parseDecimal(text, scale, 'x')),
            'too_large',
          );
        else assert.equal(BigInt(parseDecimal(text, scale, 'x')), exact);
      },
    ),
    { seed: SEED, numRuns: 5000 },
  );
});

test('anything but a plain decimal is refused, never guessed at', () => {
  const bad = [
    '',
    ' ',
    '-',
    '.',
    '.5',
    '5.',
    '-.5',
    '+1',
    '1e2',
    '1E2',
    '0x10',
    '1,000',
    '1 ',
    ' 1',
    '1.2.3',
    '--1',
    '1-',
  ];
  for (const text of [...bad, 'NaN', 'Infinity', '-Infinity', '１', '1\u0000', '$1', '1_000', 'null']) {
    assert.equal(
      codeOf(() => parseDecimal(text, 4, 'price')),
      'bad_decimal',
      JSON.stringify(text),
    );
  }
});

test('random text is either refused or equal to what it says', () => {
  const text = fc.string({ unit: fc.constantFrom('0', '1', '9', '.', '-', '+', 'e', ' '), maxLength: 8, size: 'max' });
  fc.assert(
    fc.property(text, (t) => {
      let value: number;
      try {
        value = parseDecimal(t, 6, 'x');
      } catch (error) {
        assert.ok(error instanceof UnitError);
        return;
      }
      assert.match(t, /^-?\d+(\.\d+)?$/);
      assert.equal(value, Math.round(Number(t) * 1e6) + 0);
    }),
    { seed: SEED, numRuns: 20_000 },
  );
});

test('a value finer than its unit is refused, trailing zeros are not', () => {
  assert.equal(parsePrice('0.560000'), 5600);
  assert.equal(parsePrice('0.08'), 800);
  assert.equal(
    codeOf(() => parsePrice('0.56001')),
    'too_precise',
  );
  assert.equal(
    codeOf(() => parseCount('1.001')),
    'too_precise',
  );
  assert.equal(parseCount('1.000'), 100);
  assert.equal(
    codeOf(() => parseMoney('0.0000001')),
    'too_precise',
  );
});

test('prices outside 0 to one dollar are refused', () => {
  assert.equal(parsePrice('0'), 0);
  assert.equal(parsePrice('1.0000'), ONE_DOLLAR);
  for (const text of ['1.0001', '-0.0001', '2', '100'])
    assert.equal(
      codeOf(() => parsePrice(text)),
      'bad_price',
      text,
    );
  for (const value of [-1, 10_001, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.equal(
      codeOf(() => price(value)),
      'bad_price',
      String(value),
    );
  }
});

test('counts: beyond 2^31, signed, exact to a hundredth; unsafe numbers refused', () => {
  assert.equal(parseCount('15576897.00'), 1_557_689_700);
  assert.equal(parseCount('42949673.01'), 4_294_967_301);
  assert.equal(parseCount('-54.00'), -5400);
  assert.ok(Object.is(parseCount('-0.00'), 0), 'minus zero is zero');
  assert.equal(
    codeOf(() => parseCount('90071992547409.92')),
    'too_large',
  );
  assert.equal(parseCount('90071992547409.91'), Number.MAX_SAFE_INTEGER);
  for (const value of [0.5, 2 ** 53, Number.NaN])
    assert.equal(
      codeOf(() => count(value)),
      'bad_count',
    );
});

test('the old whole-contract form takes whole contracts only', () => {
  assert.equal(countFromContracts(-54), -5400);
  for (const value of [0.5, 1.25, Number.NaN, 2 ** 52]) {
    assert.equal(
      codeOf(() => countFromContracts(value)),
      'bad_count',
      String(value),
    );
  }
  // What JSON can put in a number's place must not turn into a count of zero.
  for (const value of [null, true, [], '7']) {
    assert.equal(
      codeOf(() => countFromContracts(value as unknown as number)),
      'bad_count',
      JSON.stringify(value),
    );
  }
});

test('old cents become prices, and only 0 to 100 of them', () => {
  for (let c = 0; c <= 100; c++) assert.equal(priceFromCents(c), c * 100);
  for (const value of [-1, 101, 55.5, Number.NaN])
    assert.equal(
      codeOf(() => priceFromCents(value)),
      'bad_price',
    );
  assert.deepEqual(
    [5600, 5650, 1, 9999].map((p) => priceInCents(p as Price)),
    ['56', '56.5', '0.01', '99.99'],
  );
});

test('price times count is money exactly', () => {
  assert.equal(notional(price(3301), count(3)), 9903);
  assert.equal(notional(price(9999), count(1_557_689_700)), 9999 * 1_557_689_700);
  assert.equal(
    codeOf(() => notional(price(9999), count(Number.MAX_SAFE_INTEGER))),
    'bad_money',
  );
  assert.equal(
    codeOf(() => money(0.5)),
    'bad_money',
  );
});

test('amounts for people round half away from zero and never show minus nothing', () => {
  const shown: [number, number, string][] = [
    [1_234_567, 2, '$1.23'],
    [1_235_000, 2, '$1.24'],
    [-1_235_000, 2, '-$1.24'],
    [-4_999, 2, '$0.00'],
    [-5_000, 2, '-$0.01'],
    [2_500_000, 0, '$3'],
    [-17_500, 4, '-$0.0175'],
  ];
  for (const [value, decimals, text] of shown) assert.equal(formatDollars(value as Money, decimals), text);
});

test('written numbers always carry exactly the decimals of their scale', () => {
  assert.equal(formatDecimal(0, 4), '0.0000');
  assert.equal(formatDecimal(-1, 4), '-0.0001');
  assert.equal(formatDecimal(-0, 2), '0.00');
  assert.equal(formatDecimal(12_345, 0), '12345');
  assert.equal(formatMoney(17_500 as Money), '0.017500');
  assert.equal(formatCount(1000 as Count), '10.00');
});

test('the error names the quantity and shows a long value cut short', () => {
  const long = 'x'.repeat(100_000);
  assert.throws(
    () => parsePrice(long),
    (error: UnitError) => error.message.startsWith('price "xxx') && error.message.length < 200,
  );
});
