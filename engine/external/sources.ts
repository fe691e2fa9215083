import type { TimeUs } from '../units/index.ts';
import { Gate, type Reading } from './gate.ts';
import { HttpSource } from './http-source.ts';
import { Intake } from './intake.ts';
import { JsonFile } from './json-file.ts';
import { LineFile } from './line-file.ts';
import { type SourceSettings, whereOf } from './settings.ts';
import { Health, type Source } from './source.ts';

/** A source as people see it. Ages in milliseconds, null where no value has come. */
export interface SourceStatus {
  readonly name: string;
  readonly where: string;
  /** Names that have a value, and how old the newest and the oldest of them are. */
  readonly names: number;
  readonly newestMs: number | null;
  readonly oldestMs: number | null;
  readonly accepted: number;
  readonly refused: number;
  /** The last words about a refusal, '' for none. */
  readonly complaint: string;
  /** How often it could not be read, and why it cannot be now, '' when it can. */
  readonly failures: number;
  readonly trouble: string;
}

export interface SourceOptions {
  readonly sources: readonly SourceSettings[];
  /** Most values a second that are handed over, of all sources together. */
  readonly maxUpdatesPerSecond: number;
  readonly nowUs: () => TimeUs;
  /** A value for the engine. What it throws goes to whoever called `tick`, or is a rejection nobody handles. */
  readonly onValue: (reading: Reading) => void;
  /** Words for people. */
  readonly onReport: (level: 'info' | 'warn', code: string, text: string) => void;
}

/** All sources of values of a session. It has no timers: `tick` makes it go on. */
export class Sources {
  private readonly sources: readonly { readonly name: string; readonly where: string; readonly source: Source }[];
  private readonly intake: Intake;
  private readonly nowUs: () => TimeUs;
  private isClosed = false;

  constructor({ sources, maxUpdatesPerSecond, nowUs, onValue, onReport }: SourceOptions) {
    this.nowUs = nowUs;
    this.intake = new Intake(maxUpdatesPerSecond, onValue, nowUs());
    this.sources = sources.map((settings) => {
      const where = whereOf(settings.from);
      const pass = (reading: Reading): void => {
        if (!this.isClosed) this.intake.take(reading, nowUs());
      };
      const gate = new Gate(settings, pass, (text) => onReport('warn', 'external_refused', text));
      const health = new Health(`${settings.name} (${where})`, (level, text) =>
        onReport(level, 'external_source', text),
      );
      return { name: settings.name, where, source: openSource(settings, gate, health, nowUs) };
    });
  }

  /** Time has passed. Resolves when all that was begun now is through; nobody has to wait for that. */
  async tick(): Promise<void> {
    if (this.isClosed) return;
    const now = this.nowUs();
    this.intake.flush(now);
    await Promise.all(this.sources.map(({ source }) => source.tick(now)));
  }

  /** Nothing is handed over any more. */
  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all(this.sources.map(({ source }) => source.close()));
  }

  status(): SourceStatus[] {
    const now = this.nowUs();
    return this.sources.map(({ name, where, source: { gate, health } }) => {
      let [newest, oldest] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
      for (const at of gate.times.values()) {
        newest = Math.max(newest, at);
        oldest = Math.min(oldest, at);
      }
      const ageMs = (at: number): number | null => (Number.isFinite(at) ? (now - at) / 1000 : null);
      const { accepted, refused, complaint } = gate;
      return {
        name,
        where,
        names: gate.times.size,
        newestMs: ageMs(newest),
        oldestMs: ageMs(oldest),
        accepted,
        refused,
        complaint,
        failures: health.total,
        trouble: health.trouble,
      };
    });
  }
}

function openSource({ from }: SourceSettings, gate: Gate, health: Health, nowUs: () => TimeUs): Source {
  if (from.kind === 'http') return new HttpSource(from, gate, health, nowUs);
  return from.format === 'json' ? new JsonFile(from, gate, health, nowUs) : new LineFile(from, gate, health, nowUs);
}
