import assert from 'node:assert/strict';
import { ASK, BID, type Money, type TimeUs } from '../../engine/units/index.ts';
import { USER } from '../support/bench-venue.ts';
import { lost, refusedWith, scenario, T } from './scenario.ts';

const UP = { bid: [48, 10] } as const;

scenario('an order that has to move is amended: one request, never off the book', (scene) => {
  const from = scene.venue.requests.length;
  const { orderId } = scene.resting(BID)[0]!;
  scene.want(UP);
  for (let n = 0; n < 20; n++) {
    scene.run(10);
    assert.equal(scene.resting(BID).length, 1);
  }
  assert.deepEqual([scene.resting(BID)[0]!.orderId, scene.resting(BID)[0]!.price], [orderId, 4800]);
  assert.deepEqual([scene.count('amendOrder', from), scene.count('cancelOrders', from)], [1, 0]);
});

scenario(
  'an order that has to move is cancelled and placed anew where amends are not wanted',
  (scene) => {
    const from = scene.venue.requests.length;
    scene.want(UP);
    scene.run(200);
    assert.deepEqual([scene.count('amendOrder', from), scene.count('cancelOrders', from)], [0, 1]);
  },
  { config: { replace: 'cancel_create' } },
);

scenario('an order that is only too large is decreased and keeps its place', (scene) => {
  const from = scene.venue.requests.length;
  scene.venue.rest(T, BID, '0.4700', 50);
  scene.want({ bid: [47, 6] });
  scene.run(200);
  const [order] = scene.resting(BID);
  assert.deepEqual([scene.count('decreaseOrder', from), order!.remainingCount], [1, 600]);
  // A trade at the price reaches us first.
  scene.venue.trade(T, BID, '0.4700', 6);
  scene.run(100);
  assert.equal(scene.venue.position(T), 600);
});

scenario('an amend to an order that has filled', (scene) => {
  scene.deafen();
  scene.before('amendOrder', () => {
    scene.hit(BID, 10);
    return null;
  });
  scene.want(UP);
  scene.run(30);
  assert.equal(scene.venue.engine.status().unknownOrders, 1, 'not found is not gone');
  scene.run(10_000);
  assert.equal(scene.venue.engine.status().markets[0]!.position, 1000);
});

scenario('an amend races a fill of part of the order', (scene) => {
  scene.before('amendOrder', () => {
    scene.hit(BID, 4);
    return null;
  });
  scene.want(UP);
  scene.run(15);
  const [order] = scene.resting(BID);
  assert.deepEqual([order!.price, order!.remainingCount], [4800, 600], 'the total stands, not what rests');
  scene.run(500);
  assert.equal(scene.venue.engine.status().markets[0]!.position, 400);
});

scenario('the response to an amend is lost after it was carried out', (scene) => {
  scene.deafen('user_order');
  scene.answer('amendOrder', lost);
  scene.want(UP);
  scene.until('order_unknown');
  assert.equal(scene.venue.engine.status().markets[0]!.bid.reason, 'order_unknown');
  const amends = scene.count('amendOrder');
  scene.run(3000);
  assert.equal(scene.count('amendOrder'), amends, 'the read shows it where it is wanted');
});

scenario('an amend is lost before it reaches the exchange', (scene) => {
  scene.before('amendOrder', () => ({ kind: 'unknown', reason: 'reset' }));
  scene.want(UP);
  scene.run(500);
  // Wherever it is now, it must not rest at 48 next to an own ask, nor be joined by another bid.
  assert.equal(scene.venue.engine.status().markets[0]!.bid.reason, 'order_unknown');
  scene.run(14_000);
  assert.match(scene.venue.reported('order_resolved')?.text ?? '', /did not happen/);
  assert.equal(scene.resting(BID)[0]!.price, 4800, 'moved after all');
});

scenario('an amend thought lost arrives late', (scene) => {
  let late = (): void => assert.fail('no amend');
  scene.before('amendOrder', (request) => {
    late = () => scene.venue.deliverLate(request);
    return { kind: 'unknown', reason: 'reset' };
  });
  scene.want(UP);
  scene.run(3000);
  late();
  scene.run(100);
  assert.equal(scene.venue.engine.status().markets[0]!.bid.ourPrice, 4800);
  assert.equal(scene.venue.engine.status().markets[0]!.bid.reason, 'quoting');
});

scenario('an amend crosses because the book moved: what it took is booked', (scene) => {
  scene.before('amendOrder', () => {
    scene.venue.rest(T, ASK, '0.4800', 4);
    return null;
  });
  scene.want(UP);
  scene.run(500);
  assert.equal(scene.venue.position(T), 400);
  assert.equal(scene.venue.engine.status().markets[0]!.position, 400);
});

scenario(
  'an amend that would cross is refused: the order stays where it was, and is pulled',
  (scene) => {
    scene.before('amendOrder', () => {
      scene.venue.rest(T, ASK, '0.4800', 4);
      return null;
    });
    scene.want(UP);
    scene.run(15);
    assert.equal(scene.venue.engine.status().markets[0]!.bid.ourPrice, 4700);
    scene.venue.unrest(T, ASK, '0.4800', 4);
    scene.run(60);
    assert.equal(scene.venue.position(T), 0);
    assert.equal(scene.venue.engine.status().unknownOrders, 0);
  },
  { venue: { rules: { amendPostOnly: 'refuse' } } },
);

scenario('an amend that never left this machine is made again', (scene) => {
  scene.before('amendOrder', () => ({ kind: 'unsent', reason: 'ECONNREFUSED' }));
  scene.want(UP);
  scene.run(100);
  assert.equal(scene.venue.engine.status().unknownOrders, 0);
});

scenario('an amend is refused with 429', (scene) => {
  scene.before('amendOrder', () => refusedWith(429, 'too_many_requests'));
  scene.want(UP);
  scene.run(100);
  assert.ok(scene.venue.reported('rate_limited'));
  assert.equal(scene.venue.engine.status().unknownOrders, 0, 'refused is not unknown');
});

scenario('quotes are pulled while an amend is on its way', (scene) => {
  scene.venue.travelUs = () => 100_000;
  scene.want(UP);
  scene.run(50);
  scene.venue.linkDown();
  scene.run(1000);
  assert.equal(scene.venue.exchange.restingOf('user-1').length, 0);
  scene.venue.linkUp();
});

scenario('both sides move at once: neither can meet the other on the way', (scene) => {
  scene.venue.unrest(T, ASK, '0.5500', 100);
  scene.venue.rest(T, ASK, '0.7000', 100);
  let n = 0;
  scene.venue.travelUs = () => (n++ % 2 === 0 ? 90_000 : 2000);
  scene.want({ bid: [57, 10], ask: [63, 10] });
  scene.run(2000);
  scene.want({ bid: [50, 10], ask: [56, 10] });
  scene.run(2000);
});

scenario('a decrease races a fill', (scene) => {
  scene.before('decreaseOrder', () => {
    scene.hit(BID, 3);
    return null;
  });
  scene.want({ bid: [47, 6] });
  scene.run(15);
  assert.equal(scene.resting(BID)[0]!.remainingCount, 600, 'to six, not by four');
  scene.run(500);
  assert.equal(scene.venue.engine.status().markets[0]!.bid.ourCount, 600);
  assert.equal(scene.venue.engine.status().markets[0]!.position, 300);
});

scenario('a decrease finds less than it would leave', (scene) => {
  scene.before('decreaseOrder', () => {
    scene.hit(BID, 7);
    return null;
  });
  scene.want({ bid: [47, 6] });
  scene.run(5000);
  assert.equal(scene.venue.engine.status().markets[0]!.position, 700);
});

scenario('the response to a decrease is lost', (scene) => {
  scene.deafen('user_order');
  scene.answer('decreaseOrder', lost);
  scene.want({ bid: [47, 6] });
  scene.until('order_unknown');
  assert.equal(scene.venue.engine.status().markets[0]!.bid.ourCount, 1000, 'the larger size counts');
  scene.run(3000);
  assert.equal(scene.venue.engine.status().markets[0]!.bid.ourCount, 600);
});

scenario('an amend whose answer was lost is told of by an old order message: the old price proves nothing', (scene) => {
  const told: string[] = [];
  scene.venue.faults.onFrame = (text) => {
    if (!text.includes('"user_order"') || !text.includes('"bid"')) return text;
    told.push(text);
    return null;
  };
  // A fill of part of it makes a message with the old price, that is on its way for long.
  scene.wish.bid = [47, 8];
  scene.hit(BID, 2);
  scene.run(20);
  scene.answer('amendOrder', lost);
  scene.venue.faults.onRequest = ({ op }) => (op === 'getOrder' ? { kind: 'unsent', reason: 'test' } : null);
  scene.want({ bid: [48, 8] });
  scene.until('order_unknown');
  for (let n = 0; n < 5; n++) {
    for (const text of told.slice(0, 1)) scene.venue.engine.onFrame(Buffer.from(text), scene.venue.timeUs as TimeUs);
    scene.run(4000);
  }
  assert.equal(scene.venue.engine.status().markets[0]!.bid.reason, 'order_unknown', 'still not known');
  assert.equal(scene.resting(BID).length, 1, 'no second bid');
  const last = told.at(-1)!;
  scene.venue.engine.onFrame(Buffer.from(last), scene.venue.timeUs as TimeUs);
  for (const text of told) scene.venue.engine.onFrame(Buffer.from(text), scene.venue.timeUs as TimeUs);
  assert.equal(scene.venue.engine.status().markets[0]!.bid.ourPrice, 4800, 'the newest message decides');
});

scenario(
  'the order group triggers while an amend is on its way',
  (scene) => {
    scene.before('amendOrder', () => {
      const [group] = scene.venue.exchange.groups.values();
      scene.venue.exchange.desk.triggerByHand(group!);
      return null;
    });
    scene.want(UP);
    scene.run(3000);
    assert.equal(scene.venue.engine.status().halts[0]?.code, 'group_triggered');
    assert.equal(scene.resting(BID).length, 0);
  },
  { quoted: false },
);

scenario(
  'a shard’s cash is gone while orders rest: what is refused is tried again, and goes on once cash is back',
  (scene) => {
    const account = scene.venue.exchange.account(USER);
    const before = account.cashOn(0);
    account.cash.set(0, 0 as Money);
    scene.want({ bid: [49, 40], ask: [60, 40] });
    scene.run(12_000);
    assert.ok(scene.venue.reported('order_refused'));
    assert.equal(scene.venue.engine.status().markets[0]!.bid.reason, 'exchange_refused');
    account.cash.set(0, before);
    scene.run(6000);
    assert.equal(scene.resting(BID)[0]!.price, 4900);
  },
  { config: { cashMismatch: 'warn' } },
);
