import { CENTI_CENT, DECI_CENT, type Grid, LINEAR_CENT, TAPERED_DECI_CENT } from '../market/index.ts';
import { ASK, BID, formatRfc3339, type Price, type Side, type TimeUs } from '../units/index.ts';

/** The top of a book: prices in 1e-4 dollars, 0 for an empty side; counts in 1e-2 contracts. */
export interface TopOfBook {
  readonly bid: number;
  readonly bidCount: number;
  readonly ask: number;
  readonly askCount: number;
}

export interface MarketReport {
  readonly ticker: string;
  /** Coarsest known grid that holds every price seen. */
  readonly grid: string;
  readonly snapshots: number;
  readonly deltas: number;
  readonly trades: number;
  readonly top: TopOfBook;
}

/** A place in the file where something is wrong, and what. */
export interface Finding {
  readonly line: number;
  readonly text: string;
}

/** A count with its first few places. */
export class Findings {
  count = 0;
  readonly first: Finding[] = [];

  add(line: number, text: string): void {
    this.count++;
    if (this.first.length < 5) this.first.push({ line, text });
  }
}

/** What replaying a file showed. */
export interface ReplayReport {
  readonly file: string;
  readonly lines: number;
  readonly frames: number;
  readonly byType: Readonly<Record<string, number>>;
  readonly sequenceBreaks: Findings;
  readonly negativeLevels: Findings;
  readonly crossed: Findings;
  readonly earlyDeltas: Findings;
  readonly undecodable: Findings;
  readonly firstTime: TimeUs | null;
  readonly lastTime: TimeUs | null;
  readonly markets: readonly MarketReport[];
  readonly elapsedMs: number;
}

const GRIDS: readonly (readonly [string, Grid])[] = [
  ['1c', LINEAR_CENT],
  ['tapered 0.1c', TAPERED_DECI_CENT],
  ['0.1c', DECI_CENT],
  ['0.01c', CENTI_CENT],
];

/** Follows the coarsest grid that holds all prices shown to it. */
export class GridGuess {
  private at = 0;

  see(price: Price): void {
    while (this.at < GRIDS.length - 1 && GRIDS[this.at]![1].level(price) < 0) this.at++;
  }

  get name(): string {
    return GRIDS[this.at]![0];
  }
}

/** True when a book broke: a negative level, a crossed or locked moment, an early delta or an unreadable frame. */
export function isBroken(r: ReplayReport): boolean {
  return r.negativeLevels.count + r.crossed.count + r.earlyDeltas.count + r.undecodable.count > 0;
}

/** The report as data. */
export function reportJson(r: ReplayReport): unknown {
  const findings = (f: Findings): unknown => ({ count: f.count, first: f.first });
  return {
    ...r,
    broken: isBroken(r),
    sequenceBreaks: findings(r.sequenceBreaks),
    negativeLevels: findings(r.negativeLevels),
    crossed: findings(r.crossed),
    earlyDeltas: findings(r.earlyDeltas),
    undecodable: findings(r.undecodable),
    firstTime: r.firstTime === null ? null : formatRfc3339(r.firstTime),
    lastTime: r.lastTime === null ? null : formatRfc3339(r.lastTime),
  };
}

/** The report for a person. */
export function reportLines(r: ReplayReport): string[] {
  const lines = [`${r.file}: ${r.frames} frames in ${r.lines} lines, ${rate(r)}`];
  const types = Object.entries(r.byType).sort((a, b) => b[1] - a[1]);
  lines.push(`  types            ${types.map(([name, n]) => `${name} ${n}`).join(', ') || 'none'}`);
  lines.push(`  time span        ${span(r)}`);
  for (const [name, f] of [
    ['seq breaks', r.sequenceBreaks],
    ['negative levels', r.negativeLevels],
    ['crossed or locked', r.crossed],
    ['deltas before snapshot', r.earlyDeltas],
    ['unreadable frames', r.undecodable],
  ] as const) {
    lines.push(`  ${name.padEnd(24)}${f.count}`);
    for (const finding of f.first) lines.push(`    line ${finding.line}: ${finding.text}`);
  }
  if (r.markets.length > 0) {
    const width = Math.max(...r.markets.map((m) => m.ticker.length));
    lines.push('  final books');
    for (const m of r.markets)
      lines.push(`    ${m.ticker.padEnd(width)}  ${top(m.top).padEnd(40)}  grid ${m.grid}, ${m.deltas} deltas`);
  }
  return lines;
}

function rate(r: ReplayReport): string {
  const perSecond = r.elapsedMs > 0 ? Math.round((r.frames / r.elapsedMs) * 1000) : 0;
  return `${perSecond.toLocaleString('en-US')} frames/s`;
}

function span(r: ReplayReport): string {
  if (r.firstTime === null || r.lastTime === null) return 'no receive times recorded';
  const seconds = (r.lastTime - r.firstTime) / 1e6;
  return `${formatRfc3339(r.firstTime)} to ${formatRfc3339(r.lastTime)} (${seconds.toFixed(1)} s)`;
}

function top(t: TopOfBook): string {
  const bid = t.bid === 0 ? 'no bid' : `${t.bidCount / 100} @ ${t.bid / 100}c`;
  const ask = t.ask === 0 ? 'no ask' : `${t.ask / 100}c x ${t.askCount / 100}`;
  return `${bid}  |  ${ask}`;
}

/** The side's word in findings. */
export function ladderName(side: Side): string {
  return side === BID ? 'yes' : side === ASK ? 'no' : '?';
}
