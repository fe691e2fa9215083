import { CENTI_CENT, DECI_CENT, type Grid, LINEAR_CENT, OFF_GRID, TAPERED_DECI_CENT } from '../market/index.ts';
import {
  BID,
  type Count,
  formatCount,
  formatRfc3339,
  type Price,
  priceInCents,
  type Side,
  type TimeUs,
} from '../units/index.ts';
import type { TypeDrift } from '../wire/index.ts';

/** The top of a book: prices in 1e-4 dollars, 0 for an empty side; counts in 1e-2 contracts. */
export interface TopOfBook {
  readonly bid: number;
  readonly bidCount: number;
  readonly ask: number;
  readonly askCount: number;
}

export interface MarketReport {
  readonly ticker: string;
  /** Coarsest known grid that holds every price seen; null where there was no snapshot. */
  readonly grid: string | null;
  readonly snapshots: number;
  readonly deltas: number;
  readonly trades: number;
  /** As the file leaves it; null where there was no snapshot. */
  readonly top: TopOfBook | null;
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
    if (this.first.length < LISTED) this.first.push({ line, text });
  }
}

/** Places kept per kind of finding, and how many of them and of the markets a person is shown. */
const LISTED = 100;
const SHOWN = 5;
const SHOWN_MARKETS = 40;

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
  /** What the file holds that this program does not know: types, and fields of known types. */
  readonly drift: readonly TypeDrift[];
  /** Records the journal's writer says it had to leave out. */
  readonly dropped: number;
  readonly firstTime: TimeUs | null;
  readonly lastTime: TimeUs | null;
  readonly markets: readonly MarketReport[];
  readonly elapsedMs: number;
}

/** From coarse to fine, each holding all prices of those before it. The last holds every price. */
const GRIDS: readonly (readonly [string, Grid])[] = [
  ['1c', LINEAR_CENT],
  ['tapered 0.1c', TAPERED_DECI_CENT],
  ['0.1c', DECI_CENT],
  ['0.01c', CENTI_CENT],
];

/** Follows the coarsest grid that holds all prices shown to it. */
export class GridGuess {
  private at = 0;

  /** Take a price into account, one between 0 and a dollar. True when it needs a finer grid than those before it. */
  see(price: Price): boolean {
    const before = this.at;
    while (GRIDS[this.at]![1].level(price) === OFF_GRID) this.at++;
    return this.at > before;
  }

  get grid(): Grid {
    return GRIDS[this.at]![1];
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
export function reportJson(r: ReplayReport): Readonly<Record<string, unknown>> {
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
    framesPerSecond: recordedRate(r),
  };
}

/** Sums over several files. */
export interface ReplayTotal {
  readonly files: number;
  readonly brokenFiles: number;
  readonly lines: number;
  readonly frames: number;
  readonly markets: number;
  readonly byType: Readonly<Record<string, number>>;
  readonly sequenceBreaks: number;
  readonly negativeLevels: number;
  readonly crossed: number;
  readonly earlyDeltas: number;
  readonly undecodable: number;
  readonly dropped: number;
}

/** All files together. */
export function totalOf(reports: readonly ReplayReport[]): ReplayTotal {
  const sum = (of: (r: ReplayReport) => number): number => reports.reduce((total, r) => total + of(r), 0);
  const byType: Record<string, number> = {};
  for (const r of reports) for (const [type, n] of Object.entries(r.byType)) byType[type] = (byType[type] ?? 0) + n;
  return {
    files: reports.length,
    brokenFiles: sum((r) => (isBroken(r) ? 1 : 0)),
    lines: sum((r) => r.lines),
    frames: sum((r) => r.frames),
    markets: new Set(reports.flatMap((r) => r.markets.map((m) => m.ticker))).size,
    byType,
    sequenceBreaks: sum((r) => r.sequenceBreaks.count),
    negativeLevels: sum((r) => r.negativeLevels.count),
    crossed: sum((r) => r.crossed.count),
    earlyDeltas: sum((r) => r.earlyDeltas.count),
    undecodable: sum((r) => r.undecodable.count),
    dropped: sum((r) => r.dropped),
  };
}

/** The total for a person. */
export function totalLines(reports: readonly ReplayReport[]): string[] {
  const t = totalOf(reports);
  return [
    `total: ${t.files} files (${t.brokenFiles} broken), ${t.frames} frames in ${t.lines} lines, ${t.markets} markets`,
    `  types                   ${typesText(t.byType)}`,
    ...FINDINGS.map(([key, name]) => `  ${name.padEnd(24)}${t[key]}`),
  ];
}

const FINDINGS = [
  ['sequenceBreaks', 'seq breaks'],
  ['negativeLevels', 'negative levels'],
  ['crossed', 'crossed or locked'],
  ['earlyDeltas', 'deltas before snapshot'],
  ['undecodable', 'unreadable frames'],
] as const;

/** The report for a person. */
export function reportLines(r: ReplayReport): string[] {
  const lines = [`${r.file}: ${r.frames} frames in ${r.lines} lines, replayed at ${replayRate(r)} frames/s`];
  lines.push(`  types                   ${typesText(r.byType)}`);
  lines.push(`  time span               ${span(r)}`);
  for (const [key, name] of FINDINGS) {
    const { count, first } = r[key];
    lines.push(`  ${name.padEnd(24)}${count}`);
    for (const finding of first.slice(0, SHOWN)) lines.push(`    line ${finding.line}: ${finding.text}`);
    if (count > SHOWN) lines.push(`    and ${count - SHOWN} more`);
  }
  if (r.drift.length > 0) lines.push(`  unknown to us           ${r.drift.map(driftText).join('; ')}`);
  if (r.dropped > 0) lines.push(`  records dropped         ${r.dropped}`);
  return [...lines, ...marketLines(r.markets)];
}

function driftText(d: TypeDrift): string {
  if (!d.known) return `type ${d.type} (${d.frames} frames)`;
  return `${d.type} with ${d.fields.map((f) => f.name).join(', ')}`;
}

function marketLines(markets: readonly MarketReport[]): string[] {
  const books = markets.filter((m) => m.top !== null);
  const lines = [`  markets                 ${markets.length}, ${books.length} with a book`];
  const shown = books.slice(0, SHOWN_MARKETS);
  const width = Math.max(0, ...shown.map((m) => m.ticker.length));
  for (const m of shown)
    lines.push(`    ${m.ticker.padEnd(width)}  ${topText(m.top!).padEnd(36)}  grid ${m.grid}, ${m.deltas} deltas`);
  if (books.length > shown.length) lines.push(`    and ${books.length - shown.length} more (--json lists all)`);
  return lines;
}

function typesText(byType: Readonly<Record<string, number>>): string {
  const types = Object.entries(byType).sort((a, b) => b[1] - a[1]);
  return types.map(([name, n]) => `${name} ${n}`).join(', ') || 'none';
}

function replayRate(r: ReplayReport): string {
  const perSecond = r.elapsedMs > 0 ? Math.round((r.frames / r.elapsedMs) * 1000) : 0;
  return perSecond.toLocaleString('en-US');
}

/** Frames a second as they were received, null where no time passed or none was recorded. */
function recordedRate(r: ReplayReport): number | null {
  if (r.firstTime === null || r.lastTime === null || r.lastTime <= r.firstTime) return null;
  return Math.round((r.frames * 1e8) / (r.lastTime - r.firstTime)) / 100;
}

function span(r: ReplayReport): string {
  if (r.firstTime === null || r.lastTime === null) return 'no receive times recorded';
  const seconds = (r.lastTime - r.firstTime) / 1e6;
  const rate = recordedRate(r);
  const often = rate === null ? '' : `, ${rate} frames/s`;
  return `${formatRfc3339(r.firstTime)} to ${formatRfc3339(r.lastTime)} (${seconds.toFixed(1)} s${often})`;
}

/** Bid x size / ask x size, prices in cents. */
function topText(t: TopOfBook): string {
  const side = (price: number, count: number): string =>
    price === 0 ? 'none' : `${priceInCents(price as Price)}c x ${formatCount(count as Count)}`;
  return `${side(t.bid, t.bidCount)} / ${side(t.ask, t.askCount)}`;
}

/** The side's word in findings. */
export function ladderName(side: Side): string {
  return side === BID ? 'yes' : 'no';
}
