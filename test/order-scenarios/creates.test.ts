import assert from 'node:assert/strict';
import type { RequestOutcome } from '../../engine/core/index.ts';
import { ASK, BID, type Count, type Price } from '../../engine/units/index.ts';
import { USER } from '../support/bench-venue.ts';
import { lost, refusedWith, type Scene, scenario, T } from './scenario.ts';

/** Both sides are pulled and nothing rests: the next wish makes creates. */
function cleared(scene: Scene): void {
  scene.want({ bid: [47, 0], ask: [53, 0] });
  scene.run(500);
  assert.equal(scene.venue.exchange.restingOf('user-1').length, 0);
}

const BOTH = { bid: [47, 10], ask: [53, 10] } as const;

scenario('the response to a create is lost after the exchange accepted it', (scene) => {
  cleared(scene);
  scene.deafen('user_order');
  scene.answer('createOrders', lost);
  scene.want(BOTH);
  scene.until('order_unknown');
  assert.equal(scene.venue.engine.status().markets[0]!.bid.reason, 'order_unknown');
  const creates = scene.count('createOrders');
  scene.run(3000);
  assert.ok(scene.venue.reported('order_resolved'));
  assert.equal(scene.count('createOrders'), creates, 'found, not placed again');
});

scenario('a create is lost before it reaches the exchange', (scene) => {
  cleared(scene);
  scene.before('createOrders', () => ({ kind: 'unknown', reason: 'reset' }));
  scene.want(BOTH);
  scene.run(8000);
  assert.equal(scene.venue.exchange.restingOf('user-1').length, 0, 'blocked while it may still arrive');
  assert.equal(scene.venue.engine.status().unknownOrders, 2);
  scene.run(10_000);
  assert.ok(scene.venue.reported('order_absent'));
});

scenario('a create thought lost arrives late', (scene) => {
  cleared(scene);
  scene.before('createOrders', (request) => {
    setLate(scene, () => scene.venue.deliverLate(request));
    return { kind: 'unknown', reason: 'reset' };
  });
  scene.want(BOTH);
  scene.run(100);
  const creates = scene.count('createOrders');
  scene.run(10_000);
  assert.equal(scene.venue.engine.status().liveOrders, 2, 'there they are');
  assert.equal(scene.count('createOrders'), creates, 'and nothing beside them');
});

/** Act four seconds from now, between two steps. */
function setLate(scene: Scene, act: () => void): void {
  const at = scene.venue.timeUs + 4_000_000;
  let done = false;
  scene.venue.faults.onFrame = (text) => text;
  const { venue } = scene;
  const before = venue.exchange.tick.bind(venue.exchange);
  venue.exchange.tick = () => {
    before();
    if (done || venue.timeUs < at) return;
    done = true;
    act();
  };
}

scenario('a fill is heard of before the create is answered', (scene) => {
  cleared(scene);
  scene.answer('createOrders', (outcome) => {
    scene.hit(BID, 10);
    return outcome;
  });
  let slow = true;
  scene.venue.travelUs = () => (slow ? 40_000 : 2000);
  scene.want(BOTH);
  scene.run(70);
  assert.equal(scene.venue.engine.status().counters.fills, 1, 'the stream was faster');
  slow = false;
  scene.run(500);
  assert.equal(scene.venue.engine.status().markets[0]!.position, 1000);
});

scenario('a late response to a create knows less than the stream', (scene) => {
  cleared(scene);
  scene.answer('createOrders', (outcome) => {
    scene.hit(BID, 4);
    return outcome;
  });
  scene.venue.travelUs = () => 300_000;
  scene.want(BOTH);
  scene.run(400);
  const first = scene.resting(BID)[0]!;
  assert.equal(scene.venue.engine.status().markets[0]!.position, 400);
  scene.run(400);
  assert.equal(first.remainingCount, 600);
  assert.equal(scene.venue.engine.status().markets[0]!.position, 400, 'the answer takes nothing back');
});

scenario('409 on a client order id that was sent twice', (scene) => {
  cleared(scene);
  scene.deafen('user_order');
  scene.before('createOrders', (request) => {
    scene.venue.deliverLate(request);
    return null;
  });
  scene.want(BOTH);
  scene.run(100);
  assert.match(scene.venue.reported('order_unknown')?.text ?? '', /order_already_exists/);
  scene.run(3000);
  assert.equal(scene.resting(BID).length, 1);
  assert.ok(scene.venue.reported('order_resolved'));
});

scenario('one order of a batch is refused, the others stand', (scene) => {
  cleared(scene);
  scene.before('createOrders', () => {
    // Somebody offers at our bid while the batch is on its way.
    scene.venue.rest(T, ASK, '0.4700', 5);
    return null;
  });
  scene.want(BOTH);
  scene.run(15);
  assert.deepEqual([scene.resting(BID).length, scene.resting(ASK).length], [0, 1]);
  scene.venue.unrest(T, ASK, '0.4700', 5);
  scene.run(1000);
  assert.equal(scene.venue.engine.status().counters.rejected, 1);
});

scenario('a batch is refused with 429', (scene) => {
  cleared(scene);
  scene.before('createOrders', (): RequestOutcome => refusedWith(429, 'too_many_requests'));
  scene.want(BOTH);
  scene.run(50);
  assert.ok(scene.venue.reported('rate_limited'));
  assert.equal(scene.venue.engine.status().unknownOrders, 0, 'refused is not unknown');
  assert.equal(scene.venue.engine.status().liveOrders, 0);
});

scenario('a post-only create that would cross is refused', (scene) => {
  cleared(scene);
  scene.before('createOrders', () => {
    scene.venue.rest(T, ASK, '0.4600', 5);
    return null;
  });
  scene.want({ bid: [47, 10] });
  scene.run(60);
  assert.equal(scene.venue.engine.status().counters.rejected, 1);
  assert.equal(scene.venue.engine.status().markets[0]!.bid.reason, 'exchange_refused');
  assert.equal(scene.venue.position(T), 0);
  scene.venue.unrest(T, ASK, '0.4600', 5);
  scene.want(BOTH);
});

scenario(
  'a post-only create that would cross is accepted and cancelled',
  (scene) => {
    cleared(scene);
    scene.before('createOrders', () => {
      scene.venue.rest(T, ASK, '0.4600', 5);
      return null;
    });
    scene.want({ bid: [47, 10] });
    scene.run(60);
    assert.equal(scene.venue.position(T), 0);
    assert.equal(scene.resting(BID).length, 0);
    scene.venue.unrest(T, ASK, '0.4600', 5);
    scene.want(BOTH);
  },
  { venue: { rules: { postOnlyCross: 'cancel' } } },
);

scenario(
  'the order group triggers while creates are on their way',
  (scene) => {
    cleared(scene);
    scene.before('createOrders', () => {
      for (const group of scene.venue.exchange.groups.values()) scene.venue.exchange.desk.trigger(group);
      return null;
    });
    scene.want(BOTH);
    scene.run(2000);
    assert.equal(scene.venue.engine.status().halts[0]?.code, 'group_triggered');
    assert.equal(scene.venue.exchange.restingOf('user-1').length, 0);
    assert.ok(!scene.venue.requests.some((r) => r.path.endsWith('/reset')));
  },
  { quoted: false },
);

scenario('the connection is lost while a create is on its way', (scene) => {
  cleared(scene);
  scene.venue.travelUs = () => 200_000;
  scene.want(BOTH);
  scene.run(100);
  scene.venue.linkDown();
  scene.run(1000);
  assert.equal(scene.venue.exchange.restingOf('user-1').length, 0, 'answered while away, and pulled');
  scene.venue.linkUp();
  scene.run(2000);
});

scenario(
  'a client order id that an earlier session has used: its order is not taken for ours',
  (scene) => {
    // Session ids are drawn at random; here one was drawn twice.
    const { exchange } = scene.venue;
    scene.place({ side: BID, price: 4600 as Price, count: 800 as Count, clientOrderId: 'hd-test01-1' });
    exchange.cancel(USER, exchange.restingOf(USER)[0]!.orderId, '');
    scene.run(30_000);
    scene.venue.linkUp();
    scene.run(1000);
    assert.ok(scene.venue.reported('order_unknown'), 'refused as used before');
    scene.run(15_000);
    assert.ok(scene.venue.reported('order_absent'), 'and not found among the orders since');
  },
  { started: false },
);
