import assert from 'node:assert/strict';
import { screenLines } from '../../engine/ops/screen.ts';
import { BID, type Money, type TimeUs } from '../../engine/units/index.ts';
import { type Scene, scenario, T } from '../order-scenarios/scenario.ts';

const NO_LATENCY = { count: 0, p50Us: -1, p99Us: -1, maxUs: -1 };
const lines = (scene: Scene): string[] => screenLines(scene.venue.engine.status(), NO_LATENCY, 'test');

scenario('a position is shown at what others bid for it, not at our own bid', (scene) => {
  scene.hit(BID, 10);
  scene.venue.unrest(T, BID, '0.4500', 100);
  scene.venue.rest(T, BID, '0.4000', 100);
  scene.run(2500);
  const { profit, dayProfit, markets } = scene.venue.engine.status();
  assert.ok(markets[0]!.bid.ourPrice > 4000, 'our bid is above it');
  // Ten bought at 47 are worth 40 each.
  assert.deepEqual([profit, dayProfit], [-700_000 as Money, -700_000 as Money]);
  // Both are of the same moment, however lately the limits were looked at.
  scene.venue.rest(T, BID, '0.4300', 100);
  scene.run(100);
  const next = scene.venue.engine.status();
  assert.deepEqual([next.profit, next.dayProfit, next.fall], [-400_000 as Money, -400_000 as Money, 400_000 as Money]);
});

scenario(
  'what an operator has to know stands below the head, with the command that ends it; one line a reason',
  (scene) => {
    const now = scene.venue.timeUs as TimeUs;
    scene.venue.engine.onCommand('level 2', now);
    scene.run(100);
    const text = lines(scene);
    assert.match(text[0]!, /LEVEL 2 cancel all/);
    assert.match(text[1]!, /^LEVEL 2 cancel all: operator_cancel_all: /);
    assert.match(text[2]!, /^ {2}to clear: .* \(hundred resume --reset operator_cancel_all\)/);
    assert.equal(text.filter((line) => line.includes('to clear')).length, 2, text.join('\n'));
    assert.ok(text.length <= 16, text.join('\n'));
    assert.equal(scene.venue.engine.onCommand('reset operator_cancel_all', now).done, true);
  },
);
