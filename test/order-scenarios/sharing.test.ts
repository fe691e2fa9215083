import assert from 'node:assert/strict';
import { BID, type Count, type Money, type Price } from '../../engine/units/index.ts';
import { USER } from '../support/bench-venue.ts';
import { scenario, T } from './scenario.ts';

const BID_OF_EIGHT = { side: BID, price: 4600 as Price, count: 800 as Count } as const;

for (const subaccount of [0, 3]) {
  const other = subaccount === 0 ? 5 : 0;
  scenario(
    `another engine trades in another subaccount: ours is ${subaccount}`,
    (scene) => {
      const { exchange } = scene.venue;
      exchange.account(USER, other).cash.set(0, 10_000_000_000 as Money);
      // Even under our own prefix.
      scene.place({ ...BID_OF_EIGHT, clientOrderId: 'hd-other-1', subaccount: other });
      scene.start();
      assert.equal(scene.venue.reported('leftover_order'), undefined);
      const { length } = scene.venue.requests;
      scene.want({ bid: [48, 10] });
      scene.run(300);
      scene.want({ bid: [48, 6] });
      scene.run(300);
      scene.hit(BID, 2);
      scene.run(300);
      // Deeper, where the other's bid is.
      scene.venue.trade(T, BID, '0.4600', 9);
      scene.run(300);
      assert.equal(exchange.account(USER, other).holding(T).position, 300);
      assert.equal(scene.venue.engine.status().markets[0]!.position, 800, 'what filled for us');
      scene.want({ bid: [47, 0] });
      scene.run(65_000);
      scene.want({ bid: [47, 10] });
      scene.run(300);
      const ops = new Set(scene.venue.requests.slice(length).map((r) => r.op));
      for (const op of ['createOrders', 'amendOrder', 'decreaseOrder', 'cancelOrders', 'getFills'] as const)
        assert.ok(ops.has(op), op);
      assert.deepEqual(
        [...exchange.groups.values()].map((g) => g.subaccount),
        [subaccount],
      );
      assert.deepEqual(scene.venue.engine.status().halts, []);
      scene.settle();
      scene.venue.stop();
      assert.equal(scene.venue.engine.stopResult?.clean, true);
      assert.equal(scene.ours().length, 0);
      assert.equal(exchange.restingOf(USER, other).length, 1, 'the other one’s order is left alone');
      assert.equal(
        exchange.account(USER, subaccount).holding(T).position,
        scene.venue.engine.status().markets[0]!.position,
      );
    },
    { started: false, config: { subaccount }, quoted: false },
  );
}

for (const replace of ['amend', 'cancel_create'] as const) {
  scenario(
    `a subaccount on a shard with its own bucket: single requests name it, with ${replace}`,
    (scene) => {
      const from = scene.venue.requests.length;
      scene.want({ bid: [48, 10] });
      scene.run(500);
      scene.want({ bid: [48, 6] });
      scene.run(500);
      scene.want({ bid: [48, 0] });
      scene.run(500);
      const paths = scene.venue.requests.slice(from).map((r) => r.path);
      assert.ok(!paths.some((path) => path.endsWith('/batched')), 'all of them alone');
      scene.want({ bid: [47, 10] });
    },
    { config: { subaccount: 3, replace }, venue: { shardOf: () => 2 } },
  );
}

scenario(
  'another engine with a prefix of its own trades in our account: its orders are left alone, its fills are in the position',
  (scene) => {
    scene.place({ ...BID_OF_EIGHT, clientOrderId: 'xx-other-1' });
    scene.start();
    assert.equal(scene.venue.reported('leftover_order'), undefined);
    scene.hit(BID, 2);
    scene.run(300);
    scene.venue.trade(T, BID, '0.4600', 11);
    scene.run(300);
    assert.equal(scene.venue.exchange.account(USER).holding(T).position, 1300);
    const { markets, counters } = scene.venue.engine.status();
    assert.deepEqual([markets[0]!.position, counters.foreignFills], [1300, 1]);
    scene.settle();
    scene.venue.stop();
    assert.equal(scene.venue.engine.stopResult?.clean, true);
    assert.deepEqual(
      scene.venue.exchange.restingOf(USER).map((o) => o.clientOrderId),
      ['xx-other-1'],
    );
  },
  { started: false, quoted: false, config: { cashMismatch: 'warn' } },
);
