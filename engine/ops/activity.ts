/** Calls into a strategy, by the number they have in an `Activity`; 0 is none. */
export const CALLS = ['', 'quote', 'onTrade', 'onFill', 'onTimer', 'onStart', 'onStop'] as const;

export type CallName = (typeof CALLS)[number];

const LAP = 0;
const CALL = 1;
const MARKET = 2;
const CALLED = 3;
const WORDS = 4;

/** What the main thread is at, as another thread sees it. */
export interface Doing {
  /** Rounds of the event loop, and calls into the strategy, so far; modulo 2^32. */
  readonly lap: number;
  readonly called: number;
  /** The call into the strategy that is under way, '' for none. */
  readonly call: CallName;
  /** Number of the market it is about, -1 for all. */
  readonly market: number;
}

/**
 * What the main thread is doing, in memory that another thread sees: a main thread that is stuck can still be described.
 * One side writes and the other compares what it reads over tenths of a second, so no word has to be atomic.
 */
export class Activity {
  readonly memory: SharedArrayBuffer;
  private readonly words: Int32Array;

  /** @param memory another thread's, to read; left out: new, to write */
  constructor(memory = new SharedArrayBuffer(WORDS * 4)) {
    this.memory = memory;
    this.words = new Int32Array(memory);
  }

  /** Another round of the event loop. */
  lap(): void {
    this.words[LAP] = this.words[LAP]! + 1;
  }

  /** The strategy is called. `market`: -1 for all. */
  enter(call: CallName, market: number): void {
    const { words } = this;
    words[MARKET] = market;
    words[CALLED] = words[CALLED]! + 1;
    words[CALL] = CALLS.indexOf(call);
  }

  /** It has returned. */
  leave(): void {
    this.words[CALL] = 0;
  }

  read(): Doing {
    const { words } = this;
    return { lap: words[LAP]!, called: words[CALLED]!, call: CALLS[words[CALL]!] ?? '', market: words[MARKET]! };
  }
}
