import { type EventShape, shapeOf } from './event-shape.ts';
import type { Strike } from './strike.ts';

/** What the exchange says of an event as a whole. */
export interface EventFacts {
  readonly eventTicker: string;
  /** At most one of its markets settles YES; null where not said. */
  readonly mutuallyExclusive: boolean | null;
  /** `MECNET` (mutually exclusive), `DIRECNET` (directional), '' (none), or a word we do not know. */
  readonly collateralReturn: string;
}

/** A market as its event sees it. */
export interface EventMarket {
  readonly ticker: string;
  readonly strike: Strike;
  /** `yes`, `no`, `scalar`, '' while undecided. */
  readonly result: string;
}

/** What a lifecycle message may change of an event. */
export interface EventChange {
  /** `created`, `metadata_updated`, `determined`; others change nothing here. */
  readonly event: string;
  readonly ticker: string;
  readonly result: string;
  readonly strike: Strike;
  readonly metadata: { readonly eventTicker: string; readonly strike: Strike } | null;
}

/** The markets of one event and what their outcomes have to do with each other. */
export class EventGroup {
  readonly ticker: string;
  private isComplete = false;
  private facts: Omit<EventFacts, 'eventTicker'> = { mutuallyExclusive: null, collateralReturn: '' };
  private list: EventMarket[] = [];
  private known: EventShape | null = null;
  private readonly trustStrikes: boolean;

  constructor(ticker: string, trustStrikes: boolean) {
    this.ticker = ticker;
    this.trustStrikes = trustStrikes;
  }

  /** Every market of the event is in `markets`: a list of them was read. Without it nothing is concluded. */
  get complete(): boolean {
    return this.isComplete;
  }

  get markets(): readonly EventMarket[] {
    return this.list;
  }

  /** How the outcomes hang together. Computed once per change; indices are places in `markets`. */
  get shape(): EventShape {
    this.known ??= this.look();
    return this.known;
  }

  /** Exactly one market settles YES: true, false, or null where it is not known. */
  get isPartition(): boolean | null {
    return this.shape.partition;
  }

  /** Tickers of the other markets. */
  siblings(ticker: string): readonly string[] {
    return this.list.filter((m) => m.ticker !== ticker).map((m) => m.ticker);
  }

  /** Markets with a numeric strike, ascending. */
  strikes(): readonly EventMarket[] {
    return this.shape.byStrike.map((market) => this.list[market]!);
  }

  /**
   * Outcomes that are still possible, each as the tickers that settle YES in it; null where they are not known. Markets
   * decided as yes or no rule outcomes out.
   */
  states(): readonly (readonly string[])[] | null {
    const { states } = this.shape;
    if (states === null || this.list.some((m) => m.result === 'scalar')) return null;
    const possible = states.filter((state) =>
      this.list.every((m, i) => m.result === '' || (m.result === 'yes') === state.includes(i)),
    );
    return possible.map((state) => state.map((market) => this.list[market]!.ticker));
  }

  /** Facts about the event; null and '' leave what was known. Called by `EventGroups`. */
  describe(facts: EventFacts): void {
    this.facts = {
      mutuallyExclusive: facts.mutuallyExclusive ?? this.facts.mutuallyExclusive,
      collateralReturn: facts.collateralReturn || this.facts.collateralReturn,
    };
    this.known = null;
  }

  /** A whole list of its markets was read. Called by `EventGroups`. */
  completed(): void {
    this.isComplete = true;
    this.known = null;
  }

  /** The list may lack markets by now. Called by `EventGroups`. */
  doubt(): void {
    this.isComplete = false;
    this.known = null;
  }

  /** Put a market in, or in place of what was known of it. Called by `EventGroups`. */
  put(market: EventMarket): void {
    const at = this.list.findIndex((m) => m.ticker === market.ticker);
    if (at < 0) this.list.push(market);
    // Reads lag: a result that the stream told of stands.
    else this.list[at] = market.result === '' ? { ...market, result: this.list[at]!.result } : market;
    this.known = null;
  }

  private look(): EventShape {
    const { facts, trustStrikes } = this;
    const strikes = this.list.map((m) => m.strike);
    const found = shapeOf(strikes, { ...facts, trustStrikes });
    if (this.isComplete) return found;
    const why = 'not all markets of the event are known';
    return { ...found, kind: 'unknown', partition: null, why, states: null, ladders: [] };
  }
}

/** Options of `EventGroups`. */
export interface EventOptions {
  /**
   * Conclude a ladder from strikes alone, also where the exchange does not call the event directional (`DIRECNET`).
   * Events about several players, say, may have strikes that look like one ladder and are not. Default false.
   */
  readonly trustStrikes?: boolean;
}

/** The events of a session: made from REST bodies, kept by lifecycle messages. */
export class EventGroups {
  private readonly trustStrikes: boolean;
  private readonly groups = new Map<string, EventGroup>();
  private readonly eventOf = new Map<string, EventGroup>();

  constructor(options: EventOptions = {}) {
    this.trustStrikes = options.trustStrikes ?? false;
  }

  /** The group of an event, or undefined where it was never described. */
  get(eventTicker: string): EventGroup | undefined {
    return this.groups.get(eventTicker);
  }

  /** The group a market belongs to. */
  of(ticker: string): EventGroup | undefined {
    return this.eventOf.get(ticker);
  }

  /** Markets may have been added unheard: no list counts as complete until it is read again. */
  doubt(): void {
    for (const group of this.groups.values()) group.doubt();
  }

  /** Take in what the exchange says of an event (a REST event, an `event_lifecycle` message). */
  describe(facts: EventFacts): EventGroup {
    let group = this.groups.get(facts.eventTicker);
    if (group === undefined) {
      group = new EventGroup(facts.eventTicker, this.trustStrikes);
      this.groups.set(facts.eventTicker, group);
    }
    group.describe(facts);
    return group;
  }

  /** Take in markets of an event that was described. `complete`: these are all. */
  list(eventTicker: string, markets: readonly EventMarket[], complete: boolean): void {
    const group = this.groups.get(eventTicker);
    if (group === undefined) return;
    for (const { ticker, strike, result } of markets) this.place(group, { ticker, strike, result });
    if (complete) group.completed();
  }

  /**
   * Take in a lifecycle message: a new market of a known event, changed strikes, a result. False when it is about nothing
   * known here. A new market counts as soon as it is told of; the list stays as complete as it was.
   */
  lifecycle(change: EventChange): boolean {
    if (change.event === 'created' && change.metadata !== null) {
      const group = this.groups.get(change.metadata.eventTicker);
      if (group === undefined) return false;
      this.place(group, { ticker: change.ticker, strike: change.metadata.strike, result: '' });
      return true;
    }
    const group = this.eventOf.get(change.ticker);
    const market = group?.markets.find((m) => m.ticker === change.ticker);
    if (group === undefined || market === undefined) return false;
    if (change.event === 'metadata_updated') group.put({ ...market, strike: merged(market.strike, change.strike) });
    else if (change.event === 'determined') group.put({ ...market, result: change.result });
    return true;
  }

  private place(group: EventGroup, market: EventMarket): void {
    group.put(market);
    this.eventOf.set(market.ticker, group);
  }
}

/** Parts that a message leaves out are unchanged. */
function merged(before: Strike, change: Strike): Strike {
  return {
    type: change.type || before.type,
    floor: change.floor ?? before.floor,
    cap: change.cap ?? before.cap,
    subject: change.subject || before.subject,
  };
}
