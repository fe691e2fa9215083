import assert from 'node:assert/strict';
import { test } from 'node:test';
import { feeSchedule } from '../../engine/market/index.ts';
import { makerFeeEach, payout, sideScore, snapshotScore } from '../../engine/quoting/index.ts';
import type { Count, Price } from '../../engine/units/index.ts';

/** Cents and contracts, and ours among them. */
function levels(...list: readonly (readonly [number, number, number?])[]) {
  return list.map(([cents, size, ours = 0]) => ({ price: cents * 100, count: size * 100, ours: ours * 100 }));
}

const YES = levels([42, 50], [40, 300], [39, 400], [38, 500], [37, 1000]);
const NO = levels([57, 120], [56, 120], [53, 900]);

test('distance from the best bid: whole levels down to the target, halved a tick', () => {
  assert.deepEqual(sideScore('best', YES, 100_000, 0.5), { total: 20_625, ours: 0, reference: 4200 });
  assert.deepEqual(sideScore('best', NO, 100_000, 0.5), { total: 23_625, ours: 0, reference: 5700 });
});

test('distance from where a fifth of the target is reached: who stands better gains nothing by it', () => {
  assert.deepEqual(sideScore('oneFifth', YES, 100_000, 0.5), { total: 67_500, ours: 0, reference: 4000 });
  assert.deepEqual(sideScore('oneFifth', NO, 100_000, 0.5), { total: 35_250, ours: 0, reference: 5600 });
});

test('no score: too little on the side, nothing at all, or a best bid at 99 cents', () => {
  for (const rule of ['best', 'oneFifth'] as const) {
    assert.equal(sideScore(rule, levels([42, 50], [40, 300]), 100_000, 0.5), null);
    assert.equal(sideScore(rule, [], 100_000, 0.5), null);
    assert.equal(sideScore(rule, levels([99, 5000]), 100_000, 0.5), null);
  }
});

test('a level beyond the target does not count, and one that reaches it counts as a whole', () => {
  const score = sideScore(
    'best',
    levels([42, 50], [40, 300], [39, 400], [38, 500, 500], [37, 1000, 1000]),
    100_000,
    0.5,
  );
  assert.equal(score!.ours, 500 * 100 * 0.0625);
});

test('our part of a snapshot adds both sides; a side that does not qualify voids it', () => {
  const yes = sideScore('best', levels([42, 1000, 250]), 100_000, 0.5);
  const no = sideScore('best', levels([57, 1000, 1000]), 100_000, 0.5);
  assert.equal(snapshotScore(yes, no), 1.25);
  assert.equal(snapshotScore(yes, null), null);
});

test('payouts are rounded down to the cent, and nothing below a dollar is paid', () => {
  // A tenth of $100, nine tenths of the snapshots: $9.
  assert.equal(payout(0.1, 1_000_000, 0.9), 90_000);
  assert.equal(payout(0.01237, 1_000_000, 1), 12_300);
  assert.equal(payout(0.00999, 1_000_000, 1), 0);
});

test('the maker fee of a contract is exact: small fills pay the rounding', () => {
  const fees = feeSchedule('quadratic_with_maker_fees', '1', 100);
  // 0.0175 * 0.25 a contract; one hundredth of a contract at 2 cents pays a whole micro-dollar.
  assert.equal(makerFeeEach(fees, 5000 as Price, 10_000 as Count), 43.75);
  assert.equal(makerFeeEach(fees, 200 as Price, 1 as Count), 4);
  assert.equal(makerFeeEach(feeSchedule('quadratic', '1', 100), 5000 as Price, 100 as Count), 0);
});
