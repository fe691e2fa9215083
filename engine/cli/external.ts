import { type SourceOptions, type SourceStatus, Sources } from '../external/index.ts';
import type { TimeUs } from '../units/index.ts';
import type { ExternalSettings } from './external-config.ts';

/** What a session does with values and words from outside. */
export interface ExternalListener {
  /** A value, to be handed to the engine as the input this JSON tells the journal of. */
  readonly onInput: (json: string, name: string, value: number, at: TimeUs) => void;
  readonly onReport: SourceOptions['onReport'];
}

/** The sources of a session's values, made to go on by its timer. */
export class ExternalInputs {
  private readonly sources: Sources;

  constructor(settings: ExternalSettings, nowUs: () => TimeUs, { onInput, onReport }: ExternalListener) {
    this.sources = new Sources({
      ...settings,
      nowUs,
      onValue: ({ name, value, at }) =>
        onInput(`{"kind":"value","name":${JSON.stringify(name)},"value":${value},"at":${at}}`, name, value, at),
      onReport,
    });
  }

  /** Time has passed. Resolves when what was begun now is through; nobody has to wait for that. */
  tick(): Promise<void> {
    return this.sources.tick();
  }

  close(): Promise<void> {
    return this.sources.close();
  }

  status(): SourceStatus[] {
    return this.sources.status();
  }
}
