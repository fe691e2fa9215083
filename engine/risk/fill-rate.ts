import type { TimeUs } from '../units/index.ts';
import type { LevelTerms } from './level-terms.ts';

const WINDOW_US = 15_000_000;
const MINUTE_US = 60_000_000;
/** What is expected follows what was seen with this half-life. */
const HALF_LIFE_US = 30 * MINUTE_US;

/**
 * How many of our orders fill, against how many usually do: many more at once means that we are being run over. Fills of
 * the last 15 seconds are judged; they count towards what is expected only once they are older.
 */
export class FillRate {
  private readonly terms: LevelTerms;
  private readonly least: number;
  /** Fills a microsecond, decaying average, as of `asOf`. */
  private average: number;
  private asOf: TimeUs;
  private readonly recent: TimeUs[] = [];

  constructor(terms: LevelTerms, markets: number, time: TimeUs) {
    this.terms = terms;
    this.least = (terms.fillsPerMinute * markets) / MINUTE_US;
    this.average = this.least;
    this.asOf = time;
  }

  filled(time: TimeUs): void {
    this.recent.push(time);
  }

  /** Fills in the 15 seconds up to `time`, and the number at which they are too many. */
  judge(time: TimeUs): { readonly fills: number; readonly most: number } {
    while (this.recent.length > 0 && this.recent[0]! <= time - WINDOW_US) {
      this.decay((this.recent.shift()! + WINDOW_US) as TimeUs);
      this.average += Math.LN2 / HALF_LIFE_US;
    }
    this.decay(time);
    const expected = Math.max(this.least, this.average) * WINDOW_US;
    return { fills: this.recent.length, most: Math.max(this.terms.fillFloor, this.terms.fillFactor * expected) };
  }

  private decay(time: TimeUs): void {
    if (time <= this.asOf) return;
    this.average *= 2 ** (-(time - this.asOf) / HALF_LIFE_US);
    this.asOf = time;
  }
}
