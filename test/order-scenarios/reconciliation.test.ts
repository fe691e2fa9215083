import assert from 'node:assert/strict';
import type { RequestOutcome } from '../../engine/core/index.ts';
import { ASK, BID, type Count, type Price, type TimeUs } from '../../engine/units/index.ts';
import { USER } from '../support/bench-venue.ts';
import { OTHER, type Scene, scenario, T } from './scenario.ts';

scenario('a read of resting orders lags: it shows one that is gone', (scene) => {
  let old: RequestOutcome | null = null;
  scene.venue.faults.onOutcome = (request, outcome) => {
    if (request.op !== 'getOrders' || !request.query.startsWith('status=resting')) return outcome;
    old ??= outcome;
    return old;
  };
  scene.run(35_000);
  assert.notEqual(old, null);
  scene.want({ bid: [47, 0] });
  scene.run(100);
  const live = scene.venue.engine.status().liveOrders;
  scene.run(35_000);
  assert.equal(scene.venue.engine.status().liveOrders, live, 'done is final');
  scene.want({ bid: [47, 10] });
});

scenario('a read of resting orders lags: it misses one that rests', (scene) => {
  let reads = 0;
  scene.venue.faults.onOutcome = (request, outcome) => {
    if (request.op !== 'getOrders' || reads++ > 0 || outcome.kind !== 'response') return outcome;
    return { ...outcome, body: '{"orders":[],"cursor":""}' };
  };
  const ids = scene.venue.exchange.restingOf(USER).map((o) => o.orderId);
  scene.run(40_000);
  assert.ok(reads > 0);
  assert.deepEqual(
    scene.venue.exchange.restingOf(USER).map((o) => o.orderId),
    ids,
    'asked for, found, kept',
  );
});

scenario('an order message is older than what is known', (scene) => {
  const frames: string[] = [];
  scene.venue.faults.onFrame = (text) => {
    if (text.includes('"user_order"') && text.includes('"bid"')) frames.push(text);
    return text;
  };
  scene.hit(BID, 2);
  scene.run(20);
  scene.want({ bid: [48, 10] });
  scene.run(100);
  scene.hit(BID, 3);
  scene.run(20);
  const before = scene.venue.engine.status().markets[0]!.bid;
  for (const frame of frames) scene.venue.engine.onFrame(Buffer.from(frame), scene.venue.timeUs as TimeUs);
  assert.deepEqual(scene.venue.engine.status().markets[0]!.bid, before);
  assert.ok(frames.length >= 3);
});

scenario('a fill is told twice by the stream and once by a read', (scene) => {
  let fill = '';
  scene.venue.faults.onFrame = (text) => {
    if (text.includes('"type":"fill"')) fill = text;
    return text;
  };
  scene.hit(BID, 4);
  scene.run(20);
  scene.venue.engine.onFrame(Buffer.from(fill), scene.venue.timeUs as TimeUs);
  scene.run(35_000);
  assert.deepEqual([scene.venue.engine.status().markets[0]!.position, scene.venue.position(T)], [400, 400]);
  assert.equal(scene.venue.engine.status().counters.fills, 1);
});

scenario('a fill message never comes: the fill is read', (scene) => {
  scene.deafen('fill');
  scene.hit(BID, 4);
  scene.run(4000);
  assert.equal(scene.venue.engine.status().markets[0]!.position, 400);
});

scenario('neither fill nor order message comes: the comparison finds the fill', (scene) => {
  scene.deafen();
  scene.hit(BID, 4);
  scene.run(32_000);
  assert.equal(scene.venue.engine.status().markets[0]!.position, 400);
});

/** A session before ours left a bid of eight at 46. */
function leave(scene: Scene, ticker = T): void {
  scene.place({ ticker, side: BID, price: 4600 as Price, count: 800 as Count, clientOrderId: `hd-old-${ticker}` });
}

scenario(
  'an order of an earlier session rests: it is cancelled before the first quote',
  (scene) => {
    leave(scene);
    let quotedBeside = false;
    scene.venue.faults.onRequest = (request) => {
      const left = scene.resting(BID).some((o) => o.clientOrderId.startsWith('hd-old'));
      if (request.op === 'createOrders' && left) quotedBeside = true;
      return null;
    };
    scene.start();
    assert.equal(quotedBeside, false);
    assert.ok(scene.venue.reported('leftover_order'));
  },
  { started: false },
);

scenario(
  'an order of an earlier session rests: it is taken over where that is wanted',
  (scene) => {
    leave(scene);
    scene.wish.bid = [46, 8];
    const { orderId } = scene.resting(BID)[0]!;
    scene.start();
    assert.equal(scene.resting(BID)[0]!.orderId, orderId, 'with its place in the queue');
    assert.ok(scene.venue.reported('order_adopted'));
    scene.hit(BID, 3);
    scene.run(100);
    assert.equal(scene.venue.engine.status().markets[0]!.position, 300);
  },
  { started: false, config: { leftovers: 'adopt' } },
);

for (const atMs of [10, 20, 40, 300, 700]) {
  scenario(
    `an order that is being taken over fills after ${atMs} ms`,
    (scene) => {
      leave(scene);
      scene.wish.bid = [46, 8];
      scene.venue.linkUp();
      scene.run(atMs);
      scene.hit(BID, 3);
      scene.run(6000);
      assert.equal(scene.venue.engine.status().markets[0]!.position, scene.venue.position(T));
    },
    { started: false, config: { leftovers: 'adopt' } },
  );
}

scenario(
  'positions disagree and go on disagreeing: that market halts, the others are quoted',
  (scene) => {
    scene.venue.exchange.account(USER).holding(T).position = 700 as Count;
    scene.run(45_000);
    const { halts, markets } = scene.venue.engine.status();
    assert.deepEqual(
      halts.map((h) => [h.code, h.market]),
      [['position_mismatch', T]],
    );
    assert.match(halts[0]!.cause, /the exchange says 7 contracts, our fills say 0/);
    assert.deepEqual([markets[0]!.bid.reason, markets[0]!.bid.detail], ['halted', halts[0]!.cause]);
    assert.deepEqual([scene.resting(BID).length, scene.resting(ASK).length], [0, 0]);
    assert.deepEqual([scene.resting(BID, OTHER).length, scene.resting(ASK, OTHER).length], [1, 1]);
    scene.venue.exchange.account(USER).holding(T).position = 0 as Count;
  },
  { tickers: [T, OTHER], quoted: false },
);

scenario('positions disagree once, because a fill is on its way: nothing halts', (scene) => {
  let overtaken = 0;
  scene.venue.faults.onOutcome = (request, outcome) => {
    if (request.op === 'getPositions' && overtaken++ === 0) scene.hit(BID, 1);
    return outcome;
  };
  scene.run(35_000);
  assert.ok(overtaken > 0);
  assert.deepEqual(scene.venue.engine.status().halts, []);
});

scenario('the connection was lost: nothing is quoted before orders, fills and positions were compared', (scene) => {
  scene.venue.linkDown();
  scene.run(500);
  scene.venue.trade(T, BID, '0.4500', 1);
  const from = scene.venue.requests.length;
  scene.venue.linkUp();
  scene.run(3000);
  const ops = scene.venue.requests.slice(from).map((r) => r.op);
  assert.ok(ops.indexOf('getPositions') >= 0 && ops.indexOf('getPositions') < ops.indexOf('createOrders'), ops.join());
});

scenario(
  'a market is determined: its position is cash, once, whoever tells',
  (scene) => {
    scene.hit(BID, 10);
    scene.run(100);
    scene.venue.lifecycle(T, 'determined', { result: 'yes', settlement_value: '1.0000' });
    scene.venue.lifecycle(T, 'determined', { result: 'yes', settlement_value: '1.0000' });
    scene.run(1000);
    const market = scene.venue.engine.status().markets[0]!;
    assert.deepEqual([market.position, market.profit], [0, 5_300_000]);
    scene.venue.exchange.account(USER).holding(T).position = 0 as Count;
  },
  { quoted: false },
);
