import assert from 'node:assert/strict';
import { ASK, BID } from '../../engine/units/index.ts';
import { lost, OTHER, scenario, T } from './scenario.ts';

const NO_BID = { bid: [47, 0] } as const;
const BID_AGAIN = { bid: [47, 10] } as const;

scenario('a cancel races a fill of part of the order', (scene) => {
  scene.before('cancelOrders', () => {
    scene.hit(BID, 4);
    return null;
  });
  scene.want(NO_BID);
  scene.run(500);
  assert.equal(scene.venue.position(T), 400);
  assert.equal(scene.venue.engine.status().markets[0]!.position, 400);
  assert.equal(scene.venue.engine.status().liveOrders, 1);
  scene.want(BID_AGAIN);
});

scenario('404 on a cancel: the order had filled', (scene) => {
  scene.before('cancelOrders', () => {
    scene.hit(BID, 10);
    return null;
  });
  scene.deafen();
  scene.want(NO_BID);
  scene.run(30);
  assert.equal(scene.venue.engine.status().unknownOrders, 1, 'not found is not gone');
  scene.run(10_000);
  assert.equal(scene.venue.engine.status().markets[0]!.position, 1000, 'its fills were read');
  scene.want(BID_AGAIN);
});

scenario('the response to a cancel is lost', (scene) => {
  scene.deafen('user_order');
  scene.answer('cancelOrders', lost);
  scene.want(NO_BID);
  scene.run(4000);
  scene.want(BID_AGAIN);
  scene.run(900);
  assert.equal(scene.resting(BID).length, 0, 'no second one before the first is known to be gone');
  scene.run(2000);
  assert.equal(scene.resting(BID).length, 1);
});

scenario('a cancel is lost before it reaches the exchange', (scene) => {
  scene.before('cancelOrders', () => ({ kind: 'unknown', reason: 'reset' }));
  scene.want(NO_BID);
  scene.run(300);
  assert.equal(scene.count('cancelOrders'), 2);
  assert.equal(scene.resting(BID).length, 0, 'found resting, and cancelled again');
  scene.want(BID_AGAIN);
});

scenario(
  'a market closes: MARKET_INACTIVE on a cancel',
  (scene) => {
    const { listing } = scene.venue.exchange.markets.get(T)!;
    // The book's change is on its way when the market stops.
    scene.want(NO_BID);
    listing.status = 'inactive';
    const from = scene.venue.requests.length;
    scene.run(5000);
    const cancels = scene.count('cancelOrders', from);
    assert.ok(cancels >= 3 && cancels <= 8, `${cancels} cancels in 5 s`);
    assert.equal(scene.venue.engine.status().liveOrders, 3, 'refused is not cancelled');
    listing.status = 'active';
    scene.run(2000);
    assert.equal(scene.resting(BID).length, 0);
    scene.want(BID_AGAIN);
  },
  { tickers: [T, OTHER] },
);

scenario('an order expires by itself', (scene) => {
  scene.venue.exchange.remove(scene.resting(BID)[0]!, 'ExpiryCancel');
  scene.run(100);
  assert.equal(scene.resting(BID).length, 1, 'placed anew');
});

scenario('an order is cancelled to prevent a self-trade', (scene) => {
  scene.venue.exchange.remove(scene.resting(ASK)[0]!, 'SelfTradeCancel');
  scene.run(100);
  assert.equal(scene.resting(ASK).length, 1, 'placed anew');
});

scenario('an order is gone and nobody told', (scene) => {
  scene.deafen('user_order');
  scene.venue.exchange.remove(scene.resting(BID)[0]!, '');
  scene.run(40_000);
  assert.equal(scene.resting(BID).length, 1, 'a read missed it, it was asked for, it is placed anew');
});
