import { CENTI_CENT, DECI_CENT } from '../../engine/market/index.ts';
import type { TimeUs } from '../../engine/units/index.ts';
import type { Disaster, Kind } from './plan.ts';
import type { World } from './world.ts';

/** Time between a kill and the next engine: more than reads lag. */
const REBIRTH_MS = 500;
/** A clock set forward by less could be a loop that stood still. */
const LEAP_US = 1_100_000;

/** What an operator may ask for, and the cause that is reset afterwards. */
const LEVELS = [
  ['level 1', 'operator_reduce_only'],
  ['level 2', 'operator_cancel_all'],
  ['level 3', 'operator_flatten'],
] as const;

type Act = (world: World, disaster: Disaster) => void;

/** The one of a list that a disaster is about. */
function which<T>(list: readonly T[], { amount }: Disaster): T {
  return list[Math.floor(amount * list.length)]!;
}

function tickersOf(world: World, state: string): string[] {
  return [...world.exchange.markets.values()].filter((m) => m.listing.status === state).map((m) => m.listing.ticker);
}

function close(world: World, disaster: Disaster): string | null {
  const open = tickersOf(world, 'active');
  if (open.length === 0) return null;
  const ticker = which(open, disaster);
  world.exchange.lifecycle.moveClose(ticker, world.exchange.now());
  return ticker;
}

/** What is done to the world by hand; the rest is in the fault plan. */
const ACTS: Partial<Record<Kind, Act>> = {
  link_down: (world, { forMs }) => world.cut(forMs),
  half_open: (world, { forMs }) => world.mute(forMs),
  frames_bad: (world, { forMs }) => {
    world.badUntilUs = world.timeUs + forMs * 1000;
  },
  unsent: (world, { forMs, amount }) => {
    world.unsentUntilUs = world.timeUs + forMs * 1000;
    world.unsentChance = 0.3 + 0.7 * amount;
  },
  market_paused: (world, disaster) => {
    const open = tickersOf(world, 'active');
    if (open.length === 0) return;
    const ticker = which(open, disaster);
    world.exchange.lifecycle.deactivate(ticker);
    world.later(disaster.forMs, () => {
      if (world.exchange.market(ticker).listing.status === 'inactive') world.exchange.lifecycle.activate(ticker);
    });
  },
  shard_paused: (world, disaster) => {
    const shard = which(world.shape.shards, disaster);
    const level = disaster.forMs % 2 === 0 ? 'trading' : 'exchange';
    world.exchange.pauses.pause(level, shard);
    world.later(disaster.forMs, () => world.exchange.pauses.resume(level, shard));
  },
  closed_early: (world, disaster) => {
    const ticker = close(world, disaster);
    if (ticker === null || disaster.forMs % 2 === 0) return;
    world.later(disaster.forMs, () => {
      if (world.exchange.market(ticker).listing.status === 'closed')
        world.exchange.lifecycle.reopen(ticker, (world.timeUs + 86_400_000_000) as TimeUs);
    });
  },
  settled: (world, disaster) => {
    const ticker = close(world, disaster);
    if (ticker === null) return;
    const { lifecycle, markets } = world.exchange;
    world.later(disaster.forMs / 4, () => {
      const { status, eventTicker } = world.exchange.market(ticker).listing;
      if (status !== 'closed') return;
      // Of an event only one market may win.
      const won = [...markets.values()].some(
        (m) => m.listing.eventTicker === eventTicker && m.outcome?.result === 'yes',
      );
      lifecycle.determine(ticker, disaster.forMs % 3 === 0 && !won ? 'yes' : 'no');
    });
  },
  grid_changed: (world, disaster) => {
    const open = tickersOf(world, 'active');
    if (open.length > 0)
      world.exchange.lifecycle.regrid(which(open, disaster), disaster.forMs % 2 === 0 ? DECI_CENT : CENTI_CENT);
  },
  fees_changed: (world, disaster) => {
    const { ticker } = which(world.shape.events, disaster);
    world.exchange.fees.schedule({
      id: `change-${disaster.atMs}-${disaster.forMs}`,
      scope: 'event',
      ticker,
      feeType: disaster.forMs % 2 === 0 ? 'quadratic' : 'quadratic_with_maker_fees',
      multiplier: which(['0.5', '1', '2'], disaster),
      time: (world.timeUs + 1000) as TimeUs,
    });
  },
  clock_jump: (world, { amount }) => {
    if (world.aheadUs < LEAP_US) world.aheadUs += LEAP_US + Math.round(amount * 300_000);
  },
  stalled: (world, { forMs }) => world.stall(forMs),
  operator_pause: (world, { forMs }) => {
    world.operate('pause');
    world.later(forMs, () => {
      if (!world.life.isDead) world.operate('resume');
    });
  },
  operator_level: (world, disaster) => {
    const [command, cause] = which(LEVELS, disaster);
    world.operate(command);
    world.later(disaster.forMs, () => {
      if (!world.life.isDead) world.operate(`reset ${cause}`);
    });
  },
  operator_reset: (world) => world.operate('reset group_triggered'),
  panic: (world, { amount }) => world.operate(amount < 0.5 ? 'panic' : 'panic flatten'),
  gauges_off: (world, { amount }) => world.gauge(amount < 0.5 ? 'clockSkewMs' : 'loopLagMs', 3000),
  killed: (world, { forMs }) => {
    if (world.life.isDead) return;
    world.kill();
    world.later(REBIRTH_MS + forMs, () => world.begin());
  },
};

/** See to it that the disasters of the fault plan's kind are the exchange's, and the others happen at their time. */
export function arrange(world: World, disasters: readonly Disaster[]): void {
  for (const disaster of disasters) {
    const act = ACTS[disaster.kind];
    if (act !== undefined) world.later(disaster.atMs, () => act(world, disaster));
  }
}
