/**
 * Deltas and trades in all shapes and states of damage, against an oracle of its own (`fuzz/oracle.ts`). The run of
 * `npm test` is always the same one, and so are the two million frames CI adds: a commit passes or fails by itself.
 * A longer or another one: `FUZZ_FRAMES=50000000 FUZZ_SEED=7 npm test -- fuzz`; what a failure prints before its frame
 * (`FUZZ_SEED=7 FUZZ_SESSION=12`) leads back to it at once.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Frame, FrameDecoder, type FrameKind } from '../../engine/wire/index.ts';
import { withoutUnread } from './fuzz/oracle.ts';
import { fuzz, type Maker } from './fuzz/session.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? 100);
const FRAMES = Number(process.env['FUZZ_FRAMES'] ?? 500_000);
const SESSION = process.env['FUZZ_SESSION'];

test('every frame gives the value JSON.parse gives, or none: whole or damaged, by layout, by keys or by the parser', (t) => {
  if (SESSION !== undefined) {
    fuzz(SEED, FRAMES, undefined, Number(SESSION));
    return t.diagnostic(`session ${SESSION} of seed ${SEED} holds`);
  }
  const tally = fuzz(SEED, FRAMES);
  t.diagnostic(Object.entries(tally).join(' ').replaceAll(',', ' '));
  assert.equal(tally.frames, FRAMES);
  if (FRAMES < 500_000) return;
  // About half of what a seed gives: whether a way was gone at all is asked, not which layouts the seed drew.
  const least = {
    ...{ damaged: 0.6, byLayout: 0.08, byKeys: 0.05, byParser: 0.005, trades: 0.05, handedOn: 0.4, refused: 0.015 },
    ...{ redigited: 0.06, damagedRead: 0.05, pastDamage: 0.0006, repeated: 0.0001 },
  };
  for (const [what, share] of Object.entries(least)) {
    const count = tally[what as keyof typeof least];
    assert.ok(count >= share * FRAMES, `${what}: only ${count} of ${FRAMES}`);
  }
});

/** The engine's decoder with a fault put in behind it. */
function faulty(fault: (d: FrameDecoder, bytes: Uint8Array, from: number, to: number) => void): Maker {
  return (tickers, yesPrices) =>
    new (class extends FrameDecoder {
      override decodeIn(bytes: Uint8Array, from: number, to: number): FrameKind {
        super.decodeIn(bytes, from, to);
        fault(this, bytes, from, to);
        return this.kind;
      }
    })(tickers, { yesPrices });
}

const isTape = (d: FrameDecoder): boolean => d.kind === Frame.Delta || d.kind === Frame.Trade;

let held = false;
const FAULTS: Readonly<Record<string, Parameters<typeof faulty>[0]>> = {
  'a price that is one step off, one in a hundred': (d) => {
    if (isTape(d) && d.price % 100 === 7) d.price = (d.price + 1) as typeof d.price;
  },
  'counts cut to 32 bits': (d) => {
    if (isTape(d)) d.count = (d.count | 0) as typeof d.count;
  },
  'a sequence number cut to 32 bits': (d) => {
    if (isTape(d)) d.seq |= 0;
  },
  'times of the frame before': (d) => {
    if (d.kind === Frame.Delta && d.timeMs === 0 && d.seq % 8 === 0) d.timeMs = 1;
  },
  'a block mark that stays': (d) => {
    if (isTape(d)) held = d.isBlockTrade ||= held && d.kind === Frame.Trade;
  },
  'NO levels in YES money taken for NO money': (d) => {
    if (d.kind === Frame.Delta && d.yesPrices && d.side === 1) d.price = (10_000 - d.price) as typeof d.price;
  },
  'a market that is the one before in the table': (d) => {
    if (isTape(d) && d.market === 2) d.market = 0;
  },
  'the last brace not waited for': (d, bytes, from, to) => {
    const whole = Buffer.concat([bytes.subarray(from, to), Buffer.from('}')]);
    if (d.kind === Frame.Garbage) FrameDecoder.prototype.decodeIn.call(d, whole, 0, whole.length);
  },
  'bytes behind the end not minded': (d, bytes, from, to) => {
    if (d.kind === Frame.Garbage) FrameDecoder.prototype.decodeIn.call(d, bytes, from, to - 1);
  },
  'good frames refused, one in a thousand': (d) => {
    if (d.kind === Frame.Delta && d.seq % 1000 === 1) d.kind = Frame.Malformed;
  },
  'broken numbers taken for zero': (d, bytes, from, to) => {
    if (d.kind !== Frame.Malformed || !/price/.test(d.reason)) return;
    d.kind = Frame.Delta;
    d.reason = bytes.subarray(from, to).length === 0 ? 'empty' : '';
  },
};

for (const [name, fault] of Object.entries(FAULTS)) {
  test(`the check notices ${name}`, () => {
    held = false;
    assert.throws(() => fuzz(5, 60_000, faulty(fault)), /^Error: FUZZ_SEED=5 FUZZ_SESSION=\d+: frame \d+, .*\n"\{/s);
  });
}

test('a failure is found again from its seed and session alone', () => {
  const make = faulty(FAULTS['a price that is one step off, one in a hundred']!);
  const messageOf = (run: () => void): string => {
    try {
      run();
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  const first = messageOf(() => fuzz(9, 60_000, make));
  const session = Number(/FUZZ_SESSION=(\d+)/.exec(first)?.[1]);
  assert.equal(
    messageOf(() => fuzz(9, 60_000, make, session)),
    first,
  );
});

test('only fields nobody reads are taken out before a damaged frame is judged', () => {
  const text =
    '{"type":"orderbook_delta","note":"a,\\x","sid":1,"msg":{"sid":tru,"market_ticker":"T","ts":"\u0001","price":4x}}';
  assert.equal(
    withoutUnread(text, false),
    '{"type":"orderbook_delta","note":null,"sid":1,"msg":{"sid":null,"market_ticker":"T","ts":null,"price":4x}}',
  );
});
