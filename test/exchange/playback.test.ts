import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ASK, BID } from '../../engine/units/index.ts';
import { delta, print, snapshot, Tape } from './support/tape.ts';

describe('an own order behind recorded size', () => {
  test('fills only once trades have eaten all that stood before it', () => {
    const t = new Tape().play(snapshot([[50, 10]], [[55, 10]]));
    const order = t.place(BID, 50, 5);
    t.play(delta('yes', 50, -9, 'fill'));
    assert.equal(order.fillCount, 0);
    t.play(delta('yes', 50, 20), delta('yes', 50, -3, 'fill'));
    assert.equal(order.fillCount, 200);
    t.play(delta('yes', 50, -3, 'fill'));
    assert.deepEqual([order.fillCount, order.status], [500, 'executed']);
    assert.equal(t.recorded(BID, 50), 15);
  });

  test('a cancel of those who came later moves it no further', () => {
    const t = new Tape().play(snapshot([[50, 10]]));
    const order = t.place(BID, 50, 5);
    t.play(delta('yes', 50, 30), delta('yes', 50, -30));
    assert.equal(t.ahead(order), 10);
    t.play(delta('yes', 50, -4));
    assert.equal(t.ahead(order), 6);
    t.play(delta('yes', 50, -6), delta('yes', 50, 7));
    assert.equal(t.queue(BID, 50), 'own:5 -:7');
    assert.equal(order.fillCount, 0);
  });

  test('sell side the same, in NO money', () => {
    const t = new Tape().play(snapshot([], [[55, 10]]));
    const order = t.place(ASK, 55, 5);
    t.play(delta('no', 55, -10, 'fill'), delta('no', 55, 4), delta('no', 55, -4, 'fill'));
    assert.equal(order.fillCount, 400);
    assert.deepEqual(
      t.fills.map((f) => [f.side, f.price, f.isTaker]),
      [[ASK, 5500, false]],
    );
  });
});

describe('an own order at a better price than the recorded book', () => {
  test('is filled first by a trade that went through its price', () => {
    const t = new Tape().play(snapshot([[50, 10]], [[55, 10]]));
    const order = t.place(BID, 52, 5);
    t.play(delta('yes', 50, -3, 'fill'));
    assert.deepEqual([order.fillCount, order.remainingCount], [300, 200]);
    assert.equal(t.recorded(BID, 50), 7);
    t.play(print(50, 8, 'no'));
    assert.equal(order.status, 'executed');
    assert.deepEqual(
      t.fills.map((f) => f.price),
      [5200, 5200],
    );
    assert.equal(t.recorded(BID, 50), 7);
  });

  test('is filled though recorded orders stand between it and the trade', () => {
    const t = new Tape().play(
      snapshot(
        [
          [50, 10],
          [52, 1],
        ],
        [[55, 10]],
      ),
    );
    const order = t.place(BID, 51, 5);
    t.play(print(50, 4, 'no'));
    assert.equal(order.fillCount, 400);
    assert.equal(t.recorded(BID, 52), 1);
  });

  test('is filled by a recorded order that comes to its price or beyond; the rest of that order rests', () => {
    const t = new Tape().play(snapshot([[50, 10]], [[55, 10]]));
    const order = t.place(BID, 53, 5);
    t.play(delta('no', 53, 8));
    assert.deepEqual([order.status, t.recorded(ASK, 53)], ['executed', 3]);
    assert.deepEqual(
      t.trades.map((trade) => [trade.price, trade.count, trade.takerSide]),
      [[5300, 500, ASK]],
    );
    // What our order took is gone for us but not for the recording.
    t.play(delta('no', 53, -8));
    assert.equal(t.recorded(ASK, 53), 0);
  });

  test('with two own orders the better and older is served first', () => {
    const t = new Tape().play(snapshot([[50, 10]], [[55, 10]]));
    const worse = t.place(BID, 52, 5);
    const better = t.place(BID, 53, 5);
    const younger = t.place(BID, 53, 5);
    t.play(delta('no', 51, 12));
    assert.deepEqual([better.fillCount, younger.fillCount, worse.fillCount], [500, 500, 200]);
    assert.equal(t.recorded(ASK, 51), 0);
  });
});

describe('own takers', () => {
  test('take recorded liquidity once: the recording may still remove it, and cannot fill anybody with it again', () => {
    const t = new Tape().play(snapshot([[50, 10]], [[55, 10]]));
    const taker = t.place(BID, 55, 4, { timeInForce: 'immediate_or_cancel' });
    assert.equal(taker.fillCount, 400);
    assert.equal(t.recorded(ASK, 55), 6);
    t.play(delta('no', 55, -3));
    assert.equal(t.recorded(ASK, 55), 6);
    t.play(delta('no', 55, -7));
    assert.equal(t.recorded(ASK, 55), 0);
    t.play(delta('no', 55, 2));
    assert.equal(t.recorded(ASK, 55), 2);
  });

  test('a snapshot brings back what they took', () => {
    const t = new Tape().play(snapshot([[50, 10]], [[55, 10]]));
    t.place(BID, 55, 4, { timeInForce: 'immediate_or_cancel' });
    t.play(snapshot([[50, 10]], [[55, 10]]));
    assert.equal(t.recorded(ASK, 55), 10);
    t.play(delta('no', 55, -10));
    assert.equal(t.recorded(ASK, 55), 0);
  });

  test('recorded trades of what they took reach nobody', () => {
    const t = new Tape().play(snapshot([[50, 10]], [[55, 10]]));
    t.place(ASK, 50, 10, { timeInForce: 'immediate_or_cancel' });
    const order = t.place(BID, 50, 5);
    t.play(delta('yes', 50, -10, 'fill'));
    assert.equal(order.fillCount, 0);
    t.play(delta('yes', 50, 1), delta('yes', 50, -1, 'fill'));
    assert.equal(order.fillCount, 100);
    t.play(delta('yes', 50, 10));
    t.place(ASK, 50, 4 + 3, { timeInForce: 'immediate_or_cancel', selfTrade: 'maker' });
    assert.equal(t.recorded(BID, 50), 3);
    const second = t.place(BID, 50, 5);
    t.play({ ...print(50, 7, 'no'), after: 300 }, delta('yes', 50, -7));
    assert.equal(t.ahead(second), 3);
    assert.equal(second.fillCount, 0);
  });
});

describe('recorded trades of what own takers took', () => {
  for (const [name, ...frames] of [
    ['print first', print(50, 4, 'no'), delta('yes', 50, -4)],
    ['removal first', delta('yes', 50, -4), print(50, 4, 'no')],
    ['removal flagged', delta('yes', 50, -4, 'fill')],
  ] as const) {
    test(`${name}: they move nobody forward, the next trade does`, () => {
      const t = new Tape().play(snapshot([[50, 10]], [[55, 10]]));
      t.place(ASK, 50, 4, { timeInForce: 'immediate_or_cancel' });
      const order = t.place(BID, 50, 5);
      t.play(...frames);
      assert.deepEqual([t.ahead(order), t.recorded(BID, 50)], [6, 6]);
      t.play({ ...print(50, 2, 'no'), after: 300 }, delta('yes', 50, -2));
      assert.deepEqual([t.ahead(order), t.recorded(BID, 50)], [4, 4]);
    });
  }
});

describe('a trade told twice, as a print and as a removal', () => {
  const within = [
    ['print first', [print(50, 12, 'no'), delta('yes', 50, -12)]],
    ['removal first', [delta('yes', 50, -12), print(50, 12, 'no')]],
    ['print first, removal flagged', [print(50, 12, 'no'), delta('yes', 50, -12, 'fill')]],
    ['flagged removal first', [delta('yes', 50, -12, 'fill'), print(50, 12, 'no')]],
    ['two prints, then one removal', [print(50, 5, 'no'), print(50, 7, 'no'), delta('yes', 50, -12)]],
    ['one removal, then two prints', [delta('yes', 50, -12), print(50, 5, 'no'), print(50, 7, 'no')]],
    [
      'print, removal, print, removal',
      [print(50, 5, 'no'), delta('yes', 50, -5), delta('yes', 50, -7), print(50, 7, 'no')],
    ],
  ] as const;
  for (const [name, frames] of within) {
    test(`${name}: the order has moved forward once`, () => {
      for (const behind of [0, 3, 100]) {
        const t = new Tape().play(snapshot([[50, 10]], [[55, 10]]));
        const order = t.place(BID, 50, 5);
        if (behind > 0) t.play(delta('yes', 50, behind));
        else t.play(delta('yes', 50, 2));
        const there = 10 + (behind || 2);
        t.play(...frames.map((f) => ({ ...f, after: 10 })));
        assert.equal(order.fillCount, 200, `${behind} behind`);
        assert.equal(t.recorded(BID, 50), there - 12);
        assert.equal(t.queue(BID, 50), there === 12 ? 'own:3' : `own:3 -:${there - 12}`);
      }
    });

    test(`${name}: an order further back is as far forward as the trade was large`, () => {
      const t = new Tape().play(snapshot([[50, 20]], [[55, 10]]));
      const order = t.place(BID, 50, 5);
      t.play(delta('yes', 50, 4));
      t.play(...frames.map((f) => ({ ...f, after: 10 })));
      assert.deepEqual([order.fillCount, t.ahead(order), t.queue(BID, 50)], [0, 8, '-:8 own:5 -:4']);
    });
  }

  test('orders at different places of one level each move once', () => {
    for (const frames of [
      [delta('yes', 50, -9), print(50, 9, 'no')],
      [print(50, 9, 'no'), delta('yes', 50, -9)],
      [delta('yes', 50, -9, 'fill')],
    ]) {
      const t = new Tape().play(snapshot([[50, 10]], [[55, 10]]));
      const first = t.place(BID, 50, 5);
      t.play(delta('yes', 50, 4));
      const second = t.place(BID, 50, 6);
      t.play(delta('yes', 50, 3), ...frames);
      assert.equal(t.ahead(first), 1);
      assert.equal(t.ahead(second), 1 + 5 + 4);
      assert.equal(t.recorded(BID, 50), 8);
    }
  });

  test('a removal that one print explains in part leaves only the rest to the next', () => {
    const t = new Tape().play(snapshot([], [[55, 10]]));
    const first = t.place(BID, 50, 5);
    t.play(delta('yes', 50, 6));
    const second = t.place(BID, 50, 5);
    t.play(print(50, 3, 'no'), delta('yes', 50, -6), print(50, 6, 'no'));
    // 3 and 6 traded: 5 went to the first, 3 to what was recorded between, 1 to the second.
    assert.deepEqual([first.fillCount, second.fillCount], [500, 100]);
  });

  test('further apart than a quarter of a second they are two things', () => {
    const t = new Tape().play(snapshot([[50, 10]], [[55, 10]]));
    const order = t.place(BID, 50, 5);
    t.play(delta('yes', 50, 100), delta('yes', 50, -8), { ...print(50, 8, 'no'), after: 251 });
    assert.equal(t.ahead(order), 2);
    t.play({ ...delta('yes', 50, -8), after: 251 });
    assert.equal(t.ahead(order), 2);
    assert.equal(t.recorded(BID, 50), 94);
  });

  test('the removal of a print from long ago is a cancel, not a second trade', () => {
    const t = new Tape().play(snapshot([[50, 10]], [[55, 10]]));
    const order = t.place(BID, 50, 5);
    t.play(print(50, 12, 'no'));
    assert.deepEqual([order.fillCount, t.recorded(BID, 50)], [200, 10]);
    t.play({ ...delta('yes', 50, -10), after: 300 });
    assert.deepEqual([order.fillCount, t.recorded(BID, 50)], [200, 0]);
  });

  test('a print moves the displayed book by what it fills of ours and by nothing else', () => {
    const t = new Tape().play(snapshot([[50, 10]], [[55, 10]]));
    t.place(BID, 50, 5);
    t.deltas.length = 0;
    t.play(print(50, 12, 'no'));
    assert.deepEqual(t.deltas, ['bid 5000 -200 own']);
    t.deltas.length = 0;
    t.play(delta('yes', 50, -7), print(50, 3, 'no'));
    assert.deepEqual(t.deltas, ['bid 5000 -700 -', 'bid 5000 -300 own']);
  });

  test('every recorded trade is printed once to our clients, whoever filled it', () => {
    for (const frames of [
      [print(50, 12, 'no'), delta('yes', 50, -12)],
      [delta('yes', 50, -12), print(50, 12, 'no')],
    ]) {
      const t = new Tape().play(snapshot([[50, 20]], [[55, 10]]));
      t.play(...frames);
      assert.equal(
        t.trades.reduce((sum, trade) => sum + trade.count, 0),
        1200,
      );
    }
  });

  test('block trades never touched the book', () => {
    const t = new Tape().play(snapshot([[50, 10]], [[55, 10]]));
    const order = t.place(BID, 52, 5);
    t.play({ ...print(50, 40, 'no'), block: true });
    assert.equal(order.fillCount, 0);
  });
});

describe('a snapshot in the middle', () => {
  test('replaces the recorded book and leaves own orders where they stand', () => {
    const t = new Tape().play(snapshot([[40, 10]], [[45, 10]]));
    const order = t.place(BID, 39, 5);
    t.play(
      snapshot(
        [
          [39, 7],
          [40, 3],
        ],
        [
          [44, 2],
          [46, 1],
        ],
      ),
    );
    assert.deepEqual([t.queue(BID, 39), t.queue(BID, 40)], ['own:5 -:7', '-:3']);
    assert.deepEqual([t.queue(ASK, 44), t.queue(ASK, 45), t.queue(ASK, 46)], ['-:2', '', '-:1']);
    assert.equal(order.status, 'resting');
  });

  test('a book that jumped over its old self does not trade with it', () => {
    const t = new Tape().play(snapshot([[40, 10]], [[45, 10]]));
    t.play(snapshot([[50, 10]], [[55, 10]]));
    assert.deepEqual([t.recorded(BID, 50), t.recorded(ASK, 55), t.recorded(ASK, 45)], [10, 10, 0]);
    t.play(snapshot([[30, 10]], [[35, 10]]));
    assert.deepEqual([t.recorded(BID, 30), t.recorded(ASK, 35), t.recorded(BID, 50)], [10, 10, 0]);
    assert.equal(t.trades.length, 0);
  });

  test('an own order it has passed by is filled', () => {
    const t = new Tape().play(snapshot([[40, 10]], [[55, 10]]));
    const order = t.place(BID, 48, 5);
    t.play(snapshot([[40, 10]], [[46, 3]]));
    assert.equal(order.fillCount, 300);
    assert.deepEqual([t.recorded(ASK, 46), t.recorded(ASK, 55)], [0, 0]);
    t.play(delta('no', 46, -3));
  });
});

test('a market that is paused stands still, and catches up with its recording when it trades again', () => {
  const t = new Tape().play(snapshot([[50, 10]], [[55, 10]]));
  const order = t.place(BID, 50, 5);
  const { pauses } = t.bench.exchange;
  pauses.pause('trading', 0);
  t.play(delta('yes', 50, -10, 'fill'), delta('yes', 50, 7), delta('yes', 50, -2, 'fill'));
  assert.deepEqual([order.fillCount, t.recorded(BID, 50)], [0, 10]);
  pauses.resume('trading', 0);
  t.play(delta('no', 55, 1));
  assert.deepEqual([order.fillCount, t.recorded(BID, 50), t.recorded(ASK, 55)], [200, 5, 11]);
});
