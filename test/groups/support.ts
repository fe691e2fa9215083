import assert from 'node:assert/strict';
import type { EngineConfig } from '../../engine/core/index.ts';
import { OrderGroup } from '../../engine/exchange/groups.ts';
import { GROUP_DEFAULTS, type GroupPolicy } from '../../engine/risk/index.ts';
import { BID, type Count, price, type TimeUs } from '../../engine/units/index.ts';
import { Scene, T } from '../order-scenarios/scenario.ts';
import { USER } from '../support/bench-venue.ts';

export const LIMIT = 3000 as Count;

/** A scene with a limit that can be reached, and this policy. */
export function scene(
  policy: Partial<GroupPolicy> = {},
  config: Partial<EngineConfig> = {},
  venue: ConstructorParameters<typeof Scene>[1] = {},
  tickers: string[] = [T],
): Scene {
  return new Scene({ groupLimit: LIMIT, groups: { ...GROUP_DEFAULTS, ...policy }, ...config }, venue, tickers);
}

/** A group an earlier session left, with an order that names it: resting, or cancelled. */
export function leftGroup(s: Scene, id: string, clientOrderId = '', limit = LIMIT, rests = false): OrderGroup {
  const { exchange } = s.venue;
  const group = new OrderGroup(id, USER, 0, limit);
  exchange.desk.create(group);
  if (clientOrderId === '') return group;
  s.place({ side: BID, price: price(4600), count: 500 as Count, clientOrderId, groupId: id });
  if (!rests) for (const order of exchange.restingOf(USER)) exchange.remove(order, '');
  return group;
}

export const life = (s: Scene): string => s.venue.engine.status().groups[0]!.life;
export const groupId = (s: Scene): string => s.venue.engine.status().groups[0]!.id;
export const halts = (s: Scene): string[] => s.venue.engine.status().halts.map((halt) => halt.code);
export const now = (s: Scene): TimeUs => s.venue.timeUs as TimeUs;
export const reports = (s: Scene, code: string): string[] =>
  s.venue.reports.filter((report) => report.code === code).map((report) => report.text);

/** Fills as much as the group allows, and waits until the engine knows of the trigger. */
export function fillUp(s: Scene): void {
  for (let n = 0; n < 3 && life(s) === 'armed'; n++) {
    s.hit(BID, 10);
    s.run(200);
  }
  assert.equal(life(s), 'triggered');
}

export const isQuoted = (s: Scene): boolean => s.ours().length === 2 * s.tickers.length;
