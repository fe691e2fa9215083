export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Remembers that a signal came while nobody could act on it yet, so that none is lost and none just kills us. */
export class Interruption {
  /** Resolves at the first signal. */
  readonly came: Promise<'interrupted'>;
  isRaised = false;
  private readonly onSignal: () => void;

  /** Signals are caught from here on. */
  constructor() {
    let settle: (word: 'interrupted') => void = () => {};
    this.came = new Promise((resolve) => {
      settle = resolve;
    });
    this.onSignal = () => {
      this.isRaised = true;
      settle('interrupted');
    };
    for (const signal of SIGNALS) process.on(signal, this.onSignal);
  }

  /** Somebody else catches them now. */
  end(): void {
    for (const signal of SIGNALS) process.off(signal, this.onSignal);
  }
}
