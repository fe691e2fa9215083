import { feeSchedule, type Grid } from '../market/index.ts';
import type { Price, TimeUs } from '../units/index.ts';
import type { Exchange } from './exchange.ts';
import { LifecycleError } from './lifecycle.ts';
import type { Listing, Outcome } from './listing.ts';
import type { PauseLevel } from './pauses.ts';
import type { WorldControl } from './world-control.ts';

interface Ending {
  readonly market: string;
  readonly result: Outcome['result'];
  /** What a YES contract is worth, for `scalar`. */
  readonly value?: Price;
}

/** A market that a scenario lists. */
export interface NewMarket extends Omit<Listing, 'fees' | 'openTime' | 'closeTime' | 'status'> {
  /** From the step on; an open that is not at once leaves it `initialized` until then. */
  readonly openInSeconds: number;
  readonly closeInSeconds: number;
}

/** What a step does. A shard of null means all of them. */
export type ScenarioAction =
  | { readonly do: 'pause' | 'resume'; readonly level: PauseLevel; readonly shard: number | null }
  | { readonly do: 'maintenance'; readonly shard: number | null; readonly forSeconds: number }
  | { readonly do: 'deactivate' | 'activate' | 'dispute'; readonly market: string }
  | { readonly do: 'close'; readonly market: string; readonly inSeconds: number }
  | { readonly do: 'reopen'; readonly market: string; readonly forSeconds: number }
  | ({ readonly do: 'determine' | 'settle' | 'correct' } & Ending)
  | { readonly do: 'jump'; readonly market: string; readonly byLogit: number }
  | { readonly do: 'grid'; readonly market: string; readonly grid: Grid }
  | {
      readonly do: 'fee';
      readonly scope: 'series' | 'event';
      readonly ticker: string;
      readonly feeType: string | null;
      readonly multiplier: string | null;
      readonly inSeconds: number;
    }
  | { readonly do: 'list'; readonly listing: NewMarket }
  | {
      readonly do: 'triggerGroups';
      readonly shard: number | null;
      /** null: of every subaccount. */
      readonly subaccount: number | null;
      /** Only the n-th of these that there are, from 1, oldest first; null: all. */
      readonly nth: number | null;
    }
  | { readonly do: 'disconnect' };

/** Something that happens at a time after the start. */
export interface ScenarioStep {
  readonly atSeconds: number;
  readonly action: ScenarioAction;
}

/** What a scenario reaches outside the exchange. */
export interface ScenarioHooks {
  /** null where a recording is the market. */
  readonly world: WorldControl | null;
  readonly disconnect: () => void;
  /** Markets that are listed whatever the scenario does; others that are there come from a run before. By default all. */
  readonly given?: readonly string[];
  /** Told of every step: what was done, or why it was not. */
  readonly tell: (text: string) => void;
}

/** A scenario that does not fit the exchange it should run on. The message is complete for a person. */
export class ScenarioError extends Error {}

const SECOND_US = 1_000_000;

/** Things that happen to an exchange at given times. Reads no clock but the exchange's; `advance` makes it go on. */
export class Scenario {
  private readonly exchange: Exchange;
  private readonly hooks: ScenarioHooks;
  private readonly steps: readonly ScenarioStep[];
  private startUs = -1;
  private next = 0;

  /** @throws ScenarioError for a step on a market there is not, or one that a recording cannot do */
  constructor(exchange: Exchange, steps: readonly ScenarioStep[], hooks: ScenarioHooks) {
    this.exchange = exchange;
    this.hooks = hooks;
    this.steps = [...steps].sort((a, b) => a.atSeconds - b.atSeconds);
    const known = new Set(exchange.markets.keys());
    const taken = new Set(hooks.given ?? known);
    for (const step of this.steps) this.check(step, known, taken);
  }

  /** Times count from now on. Starting again changes nothing. */
  start(): void {
    if (this.startUs < 0) this.startUs = this.exchange.now();
  }

  /** Do what is due. A step that cannot be done is told of, and the rest goes on. */
  advance(): void {
    if (this.startUs < 0) return;
    while (this.next < this.steps.length) {
      const { atSeconds, action } = this.steps[this.next]!;
      if (this.exchange.now() < this.startUs + atSeconds * SECOND_US) return;
      this.next++;
      const what = `scenario, ${atSeconds} s: ${describe(action)}`;
      try {
        this.run(action);
        this.hooks.tell(what);
      } catch (error) {
        if (!(error instanceof LifecycleError)) throw error;
        this.hooks.tell(`${what}: not done, ${error.message}`);
      }
    }
  }

  private check({ atSeconds, action }: ScenarioStep, known: Set<string>, taken: Set<string>): void {
    const bad = (text: string): ScenarioError =>
      new ScenarioError(`scenario step at ${atSeconds} s (${action.do}): ${text}`);
    if (action.do === 'list') {
      const { ticker } = action.listing;
      if (taken.has(ticker)) throw bad(`market ${ticker} is there already`);
      taken.add(ticker);
      known.add(ticker);
      return;
    }
    if (!('market' in action)) return;
    const { market } = action;
    if (!known.has(market)) throw bad(`there is no market ${market}; there are ${[...known].join(', ')}`);
    const recorded = this.exchange.markets.get(market)?.listing.recorded === true;
    if (recorded && (action.do === 'jump' || action.do === 'grid'))
      throw bad(`market ${market} is played from a recording: its prices are not the scenario's to move`);
    if (action.do === 'jump' && this.hooks.world === null) throw bad('only a synthetic market has a value to move');
  }

  private run(action: ScenarioAction): void {
    const { exchange, hooks } = this;
    const { lifecycle, pauses } = exchange;
    switch (action.do) {
      case 'pause':
        return pauses.pause(action.level, action.shard);
      case 'resume':
        return pauses.resume(action.level, action.shard);
      case 'maintenance':
        return pauses.plan({ start: exchange.now(), end: this.in(action.forSeconds), shard: action.shard });
      case 'deactivate':
        return lifecycle.deactivate(action.market);
      case 'activate':
        return lifecycle.activate(action.market);
      case 'dispute':
        return lifecycle.dispute(action.market);
      case 'close':
        return lifecycle.moveClose(action.market, this.in(action.inSeconds));
      case 'reopen':
        return lifecycle.reopen(action.market, this.in(action.forSeconds));
      case 'determine':
        return this.determine(action);
      case 'settle':
        if (exchange.market(action.market).outcome === undefined) this.determine(action);
        return lifecycle.settle(action.market);
      case 'correct':
        return lifecycle.correct(action.market, action.result, action.value);
      case 'jump':
        return hooks.world!.jump(action.market, action.byLogit);
      case 'grid':
        lifecycle.regrid(action.market, action.grid);
        return hooks.world?.regridded(action.market);
      case 'fee': {
        const { scope, ticker, feeType, multiplier, inSeconds } = action;
        const change = { id: exchange.newId(), scope, ticker, feeType, multiplier, time: this.in(inSeconds) };
        return exchange.fees.schedule(change);
      }
      case 'list':
        this.list(action.listing);
        return hooks.world?.listed(action.listing.ticker);
      case 'triggerGroups':
        return this.triggerGroups(action);
      case 'disconnect':
        return hooks.disconnect();
    }
  }

  private in(seconds: number): TimeUs {
    return (this.exchange.now() + Math.round(seconds * SECOND_US)) as TimeUs;
  }

  private triggerGroups({ shard, subaccount, nth }: Extract<ScenarioAction, { do: 'triggerGroups' }>): void {
    const meant = [...this.exchange.groups.values()].filter(
      (group) =>
        (shard === null || group.exchangeIndex === shard) && (subaccount === null || group.subaccount === subaccount),
    );
    const struck = nth === null ? meant : meant.slice(nth - 1, nth);
    if (nth !== null && struck.length === 0) throw new LifecycleError(`there are ${meant.length} such order groups`);
    for (const group of struck) this.exchange.desk.trigger(group);
  }

  /** A market that still trades is closed first. */
  private determine({ market, result, value }: Ending): void {
    const { lifecycle } = this.exchange;
    if (['initialized', 'active', 'inactive'].includes(this.exchange.market(market).listing.status))
      lifecycle.moveClose(market, this.exchange.now());
    lifecycle.determine(market, result, value);
  }

  private list({ openInSeconds, closeInSeconds, ...names }: NewMarket): void {
    if (this.exchange.markets.has(names.ticker)) throw new LifecycleError(`market ${names.ticker} is there already`);
    const fees = feeSchedule(names.feeType, names.feeMultiplier ?? '1', 100);
    const status = openInSeconds > 0 ? 'initialized' : 'active';
    const times = { openTime: this.in(openInSeconds), closeTime: this.in(closeInSeconds) };
    this.exchange.list({ ...names, ...times, fees, status });
  }
}

/** The grids that a scenario brings, with their markets. */
export function gridsOf(steps: readonly ScenarioStep[]): Pick<Listing, 'ticker' | 'grid'>[] {
  return steps.flatMap(({ action }) => {
    if (action.do === 'list') return [action.listing];
    return action.do === 'grid' ? [{ ticker: action.market, grid: action.grid }] : [];
  });
}

function describe(action: ScenarioAction): string {
  if (action.do === 'list') return `list ${action.listing.ticker}`;
  const { do: what, ...rest } = action;
  const words = Object.entries(rest).map(([name, value]) => {
    if (name === 'grid') return `grid ${(value as Grid).key}`;
    return name === 'market' ? String(value) : `${name} ${value === null ? 'all' : value}`;
  });
  return [what, ...words].join(' ');
}
