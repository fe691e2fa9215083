import assert from 'node:assert/strict';
import type { OperatorCommand } from '../../engine/core/index.ts';
import { ASK, BID, type Count, type TimeUs } from '../../engine/units/index.ts';
import { OTHER, type Scene, scenario, T } from '../order-scenarios/scenario.ts';

const tell = (scene: Scene, command: OperatorCommand): readonly [boolean, string] => {
  const { done, text } = scene.venue.engine.onCommand(command, scene.venue.timeUs as TimeUs);
  return [done, text];
};
const sizes = (scene: Scene): number[] =>
  [BID, ASK].map((side) => scene.resting(side as 0 | 1).reduce((sum, o) => sum + o.remainingCount / 100, 0));
const held = (scene: Scene): number => scene.venue.position(T) / 100;
const flattening = (scene: Scene): string => scene.venue.engine.status().flattening[0]?.state ?? '';

scenario('level 1 with a position: what adds to it is pulled, what reduces it is cut to it', (scene) => {
  scene.hit(BID, 4);
  scene.run(1000);
  assert.deepEqual(tell(scene, 'level 1')[0], true);
  scene.run(500);
  assert.deepEqual([held(scene), ...sizes(scene)], [4, 0, 4]);
  const { bid } = scene.venue.engine.status().markets[0]!;
  assert.deepEqual([bid.reason, bid.clears], ['reduce_only', 'the operator who set it resets it']);
  // Filled in part: what is left to reduce is less.
  scene.hit(ASK, 3);
  scene.run(500);
  assert.deepEqual([held(scene), ...sizes(scene)], [1, 0, 1]);
  scene.hit(ASK, 1);
  scene.run(500);
  assert.deepEqual([held(scene), ...sizes(scene)], [0, 0, 0], 'it never turns around');
  assert.deepEqual(tell(scene, 'reset operator_reduce_only'), [
    true,
    'operator_reduce_only is reset; now level 0 (normal)',
  ]);
});

scenario('level 1 while fills are known and not yet told: they are not sold twice', (scene) => {
  scene.hit(BID, 6);
  scene.run(1000);
  tell(scene, 'level 1');
  scene.run(500);
  scene.deafen('fill');
  scene.hit(ASK, 4);
  scene.run(1000);
  assert.deepEqual([held(scene), ...sizes(scene)], [2, 0, 2]);
  scene.venue.faults = {};
  scene.run(3000);
  tell(scene, 'reset operator_reduce_only');
});

scenario('level 2 by hand: nothing rests until it is reset', (scene) => {
  tell(scene, 'level 2');
  scene.run(60_000);
  assert.deepEqual([scene.venue.engine.status().level, ...sizes(scene)], [2, 0, 0]);
  assert.deepEqual(tell(scene, 'level 2'), [true, 'level 2 was entered before']);
  tell(scene, 'resume');
  scene.run(1000);
  assert.deepEqual(sizes(scene), [0, 0], 'resuming is not resetting');
  tell(scene, 'reset operator_cancel_all');
});

scenario('pause and resume: nothing rests in between', (scene) => {
  assert.deepEqual(tell(scene, 'pause'), [true, 'paused: every quote is pulled']);
  scene.run(500);
  assert.deepEqual(sizes(scene), [0, 0]);
  assert.equal(scene.venue.engine.status().paused, true);
  assert.deepEqual(tell(scene, 'resume'), [true, 'resumed']);
});

scenario(
  'a mismatch is not left by a reset, nor is what is not in force',
  (scene) => {
    scene.venue.exchange.account('user-1').holding(T).position = 700 as Count;
    scene.run(45_000);
    const [isDone, text] = tell(scene, `reset position_mismatch/${T}`);
    assert.deepEqual([isDone, /not left by a reset: compare the fills/.test(text)], [false, true], text);
    assert.deepEqual(tell(scene, 'reset daily_loss'), [
      false,
      `daily_loss is not in force (in force: position_mismatch/${T})`,
    ]);
    assert.equal(tell(scene, 'reset nonsense')[0], false);
    scene.venue.exchange.account('user-1').holding(T).position = 0 as Count;
  },
  { quoted: false },
);

scenario('flatten a long position: one order that takes and can only reduce, and nothing rests', (scene) => {
  scene.hit(BID, 10);
  scene.run(1000);
  const before = scene.venue.requests.length;
  tell(scene, 'level 3');
  scene.run(3000);
  assert.deepEqual([held(scene), ...sizes(scene), flattening(scene)], [0, 0, 0, 'closed']);
  const creates = scene.venue.requests.slice(before).filter((r) => r.op === 'createOrders');
  assert.equal(creates.length, 1);
  const { side, count, price, time_in_force, reduce_only, post_only, order_group_id } = JSON.parse(creates[0]!.body);
  assert.deepEqual([side, count, price], ['ask', '10.00', '0.4000'], 'the band is ten cents below the mid of 50');
  assert.deepEqual(
    [time_in_force, reduce_only, post_only, order_group_id],
    ['immediate_or_cancel', true, undefined, undefined],
  );
  scene.run(5000);
  tell(scene, 'reset operator_flatten');
});

scenario(
  'flatten a short position whose group has triggered',
  (scene) => {
    scene.hit(ASK, 10);
    scene.run(1000);
    scene.venue.exchange.desk.trigger([...scene.venue.exchange.groups.values()][0]!);
    scene.run(500);
    tell(scene, 'level 3');
    scene.run(3000);
    assert.deepEqual([held(scene), flattening(scene)], [0, 'closed']);
  },
  { quoted: false },
);

scenario(
  'flatten in a market that runs away: it is not chased beyond the band, and given up with the numbers',
  (scene) => {
    scene.hit(BID, 10);
    scene.run(1000);
    // Four can be sold within the band; then the market is gone.
    scene.venue.unrest(T, BID, '0.4500', 96);
    const seen = scene.before('createOrders', () => {
      scene.venue.rest(T, BID, '0.3000', 100);
      return null;
    });
    tell(scene, 'level 3');
    scene.run(10_000);
    assert.equal(seen.seen > 0, true);
    assert.equal(held(scene), 6);
    assert.match(
      flattening(scene),
      /given up after 5 orders: 6 contracts are left \(book 30 \/ 55 cents, not beyond 40 cents\)/,
    );
    assert.ok(scene.venue.reported('flatten_given_up'));
    const asked = scene.count('createOrders');
    scene.run(60_000);
    assert.equal(scene.count('createOrders'), asked, 'bounded, then it stops');
  },
  { quoted: false },
);

scenario(
  'flatten while the answer to the order is lost: it is found out about, never doubled',
  (scene) => {
    scene.hit(BID, 10);
    scene.run(1000);
    scene.answer('createOrders', () => null);
    scene.deafen();
    tell(scene, 'level 3');
    scene.run(5500);
    scene.venue.faults = {};
    scene.run(24_000);
    assert.deepEqual([held(scene), flattening(scene)], [0, 'closed']);
  },
  { quoted: false },
);

scenario(
  'panic: everything is pulled at once, the session ends at level 4 and nothing leaves it',
  (scene) => {
    const [isDone, text] = tell(scene, 'panic');
    assert.deepEqual([isDone, text], [true, 'level 4 (off) is entered; 4 orders were live']);
    scene.run(200);
    assert.equal(scene.ours().length, 0);
    const answers = [tell(scene, 'reset panic'), tell(scene, 'resume'), tell(scene, 'level 1')];
    assert.equal(answers[0]![0], false);
    scene.run(5000);
    assert.deepEqual([scene.venue.engine.stopResult?.clean, scene.venue.engine.level], [true, 4]);
  },
  { tickers: [T, OTHER], quoted: false },
);

scenario(
  'panic with flattening: the positions are closed first, then it ends',
  (scene) => {
    scene.hit(BID, 10);
    scene.run(1000);
    tell(scene, 'panic flatten');
    assert.equal(scene.venue.engine.level, 3);
    scene.run(8000);
    assert.equal(scene.ours().length, 0);
    assert.deepEqual([held(scene), scene.venue.engine.level], [0, 4]);
    assert.equal(scene.venue.engine.stopResult?.clean, true);
  },
  { quoted: false },
);

scenario(
  'panic with flattening and no feed: it ends all the same',
  (scene) => {
    scene.hit(BID, 10);
    scene.run(1000);
    scene.venue.linkDown();
    tell(scene, 'panic flatten');
    scene.run(45_000);
    assert.deepEqual([scene.venue.engine.level, held(scene)], [4, 10]);
    assert.match(scene.venue.reported('flatten_given_up')!.text, /10 contracts are left/);
    assert.equal(scene.ours().length, 0);
  },
  { quoted: false },
);
