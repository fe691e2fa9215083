import type { EngineStatus, MarketStatusView, SideStatus } from '../core/index.ts';
import { REASONS } from '../quoting/index.ts';
import { CAUSES, LEVEL_NAMES } from '../risk/index.ts';
import { formatDollars, type Money } from '../units/index.ts';

/** Tick-to-order figures as shown, microseconds; -1 where nothing was measured yet. */
export interface LatencyView {
  readonly count: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

function cents(price: number): string {
  return price === 0 ? '-' : String(price / 100);
}

function contracts(count: number): string {
  return (count / 100).toFixed(count % 100 === 0 ? 0 : 2);
}

function quote(side: SideStatus): string {
  return side.ourPrice === 0 ? '-' : `${contracts(side.ourCount)}@${cents(side.ourPrice)}`;
}

function touch(m: MarketStatusView): string {
  const bid = m.bid.bookPrice === 0 ? '-' : `${contracts(m.bid.bookCount)}@${cents(m.bid.bookPrice)}`;
  const ask = m.ask.bookPrice === 0 ? '-' : `${cents(m.ask.bookPrice)}x${contracts(m.ask.bookCount)}`;
  return `${bid} / ${ask}`;
}

/** Why a market is not quoted on some side, in codes; '' when both sides are. */
function reasons(m: MarketStatusView): string {
  const parts: string[] = [];
  if (m.bid.reason !== 'quoting') parts.push(`bid ${m.bid.reason}`);
  if (m.ask.reason !== 'quoting') parts.push(`ask ${m.ask.reason}`);
  return m.bid.reason === m.ask.reason && parts.length === 2 ? m.bid.reason : parts.join(', ');
}

/** Why a side is not quoted: what it means, the words that came with it, what would clear it. */
function whyNot(m: MarketStatusView, side: SideStatus): string {
  const words = side.reason === 'book_stale' ? m.stale : side.detail;
  return `${side.reason}: ${REASONS[side.reason].about}${words === '' ? '' : ` (${words})`}; to clear: ${side.clears}`;
}

/** What is not quoted and why, as pairs of `bid`, `ask` or '' for both, and the words. */
function quietSides(m: MarketStatusView): (readonly [side: string, why: string])[] {
  const [bid, ask] = [whyNot(m, m.bid), whyNot(m, m.ask)];
  const [noBid, noAsk] = [m.bid.reason !== 'quoting', m.ask.reason !== 'quoting'];
  if (noBid && bid === ask) return [['', bid]];
  return [...(noBid ? [['bid', bid] as const] : []), ...(noAsk ? [['ask', ask] as const] : [])];
}

/** Names that a line of several shows before it counts the rest. */
const NAMES_SHOWN = 3;

/** A line for each reason, with the sides it holds for: a hundred markets that are paused are one line. */
function reasonLines(markets: readonly MarketStatusView[]): string[] {
  const sides = new Map<string, string[]>();
  for (const m of markets)
    for (const [side, why] of quietSides(m)) {
      const name = `${m.ticker} ${side}`.trimEnd();
      const known = sides.get(why);
      if (known === undefined) sides.set(why, [name]);
      else known.push(name);
    }
  return [...sides].map(([why, names]) => {
    const more = names.length - NAMES_SHOWN;
    const who = more === 1 ? names : names.slice(0, NAMES_SHOWN);
    return `${who.join(', ')}${more > 1 ? ` and ${more} more` : ''}  ${why}`;
  });
}

function microseconds(us: number): string {
  return us < 0 ? '-' : us < 1000 ? `${Math.round(us)} us` : `${(us / 1000).toFixed(1)} ms`;
}

function clock(status: EngineStatus): string {
  const seconds = Math.floor((status.time - status.startTime) / 1_000_000);
  const part = (n: number): string => String(n).padStart(2, '0');
  return `${part(Math.floor(seconds / 3600))}:${part(Math.floor(seconds / 60) % 60)}:${part(seconds % 60)}`;
}

function pad(text: string, width: number, right = false): string {
  return right ? text.padStart(width) : text.padEnd(width);
}

const HEADERS = ['market', 'our bid', 'our ask', 'book bid / ask', 'position', 'P&L', 'fills', ''] as const;

/** The whole screen as lines. */
export function screenLines(status: EngineStatus, latency: LatencyView, title: string): string[] {
  const rows = status.markets.map((m) => [
    m.ticker,
    quote(m.bid),
    quote(m.ask),
    touch(m),
    contracts(m.position),
    formatDollars(m.profit),
    String(m.fills),
    reasons(m),
  ]);
  const widths = HEADERS.map((h, i) => Math.max(h.length, ...rows.map((r) => r[i]!.length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((c, i) => pad(c, widths[i]!, i >= 4 && i <= 6))
      .join('  ')
      .trimEnd();
  const link = status.linkUp ? 'feed up' : 'FEED DOWN';
  const lines = [
    `${title}  ${clock(status)}  ${status.phase}  ${link}${levelText(status)}  orders ${status.liveOrders}${unknown(status)}`,
    ...causeLines(status),
    ...(status.missing.length > 0 ? [`waiting for: ${status.missing.join(', ')}`] : []),
    '',
    line(HEADERS),
    ...rows.map(line),
    '',
  ];
  const quiet = reasonLines(status.markets);
  if (quiet.length > 0) lines.push(...quiet, '');
  return [...lines, ...figureLines(status, latency)];
}

/** The session's figures, a line for each kind. */
function figureLines(status: EngineStatus, latency: LatencyView): string[] {
  const { writeTokens, writeCapacity, tier, stale } = status;
  const day = `the day's ${formatDollars(status.dayProfit)}, ${formatDollars(status.fall)} below the session's highest`;
  const lines = [
    `P&L ${formatDollars(status.profit)} after fees of ${formatDollars(status.fees as Money, 4)}; ${day}; cash at start ${formatDollars(status.cash)}`,
    worstCases(status),
    `stale quotes would lose ${formatDollars(stale.loss)} if fair jumped ${stale.ticks} ticks in the ${stale.pullMs.toFixed(1)} ms that pulling takes (round trip ${stale.roundTripMs.toFixed(1)} ms)`,
    `write tokens ${Math.floor(writeTokens)} of ${Math.floor(writeCapacity)}${tier === '' ? '' : ` (${tier})`}; tick to order p50 ${microseconds(latency.p50Us)}, p99 ${microseconds(latency.p99Us)} (${latency.count} measured)`,
  ];
  for (const g of status.groups)
    lines.push(
      `order group on shard ${g.shard}: ${g.life}, ${contracts(g.filled)} of ${contracts(g.limit)} contracts in 15 s`,
    );
  for (const { ticker, kind, markets, why } of status.events.filter((event) => event.markets.length > 1))
    lines.push(
      `event ${ticker}: ${markets.length} markets, ${kind === 'unknown' ? 'judged as unrelated' : kind} (${why})`,
    );
  return lines;
}

/** What the worst outcomes would cost: of everything, and of the three events nearest to their limits. */
function worstCases({ risk }: EngineStatus): string {
  const of = (worst: Money, limit: Money | null): string =>
    limit === null ? formatDollars(worst) : `${formatDollars(worst)} of ${formatDollars(limit)}`;
  const share = (event: EngineStatus['risk']['events'][number]): number => event.worst / (event.limit ?? Infinity);
  const events = [...risk.events].sort((a, b) => share(b) - share(a) || b.worst - a.worst).slice(0, 3);
  const parts = events.map(({ ticker, worst, limit }) => `${ticker} ${of(worst, limit)}`);
  return `worst case ${[of(risk.worst, risk.limit), ...parts].join('; ')}`;
}

/** The engine's level and a pause, for the head of the screen; '' in normal times. */
function levelText({ level, paused }: EngineStatus): string {
  const text = level === 0 ? '' : `  LEVEL ${level} ${LEVEL_NAMES[level]}`;
  return paused ? `${text}  PAUSED` : text;
}

/** Every cause in force with what clears it, and how positions are being closed. */
function causeLines(status: EngineStatus): string[] {
  const lines: string[] = [];
  for (const h of status.halts) {
    const what = h.level === 0 ? 'HALF SIZE' : `LEVEL ${h.level} ${LEVEL_NAMES[h.level]}`;
    const left = h.until === 0 ? '' : ` (left in ${Math.max(0, Math.ceil((h.until - status.time) / 1_000_000))} s)`;
    const where = h.market === '' ? h.code : `${h.code}/${h.market}`;
    const reset = CAUSES[h.code].leaving === 'reset' ? ` (hundred resume --reset ${where})` : '';
    lines.push(`${what}: ${where}: ${h.cause}`, `  to clear: ${h.clears}${reset}${left}`);
  }
  for (const f of status.flattening)
    if (f.state !== 'nothing held') lines.push(`flattening ${f.ticker}: ${contracts(f.position)} held, ${f.state}`);
  return lines;
}

function unknown(status: EngineStatus): string {
  return status.unknownOrders === 0 ? '' : `  UNKNOWN ${status.unknownOrders}`;
}

/** One plain line a market, for logs and pipes. */
export function plainLines(status: EngineStatus, latency: LatencyView): string[] {
  return status.markets.map((m) => {
    const why = quietSides(m)
      .map(([side, text]) => `${side}  ${text}`.trim())
      .join('  ');
    const parts = [
      clock(status),
      m.ticker,
      `bid ${quote(m.bid)} ask ${quote(m.ask)}`,
      `book ${touch(m)}`,
      `position ${contracts(m.position)}`,
      `P&L ${formatDollars(m.profit)}`,
      `tokens ${Math.floor(status.writeTokens)}`,
      `stale ${formatDollars(m.staleLoss)}`,
      `tick-to-order p50 ${microseconds(latency.p50Us)}`,
    ];
    const level = levelText(status).trim();
    if (level !== '') parts.push(level);
    if (why !== '') parts.push(why);
    return parts.join('  ');
  });
}

/** What a session came to, printed at its end. */
export function summaryLines(status: EngineStatus, latency: LatencyView): string[] {
  const c = status.counters;
  const lines = [
    'session summary',
    `  time ${clock(status)}  frames ${c.frames}  gaps ${c.gaps}  bad frames ${c.badFrames}`,
  ];
  lines.push(
    `  orders created ${c.created}  canceled ${c.canceled}  rejected ${c.rejected}  unknown outcomes ${c.unknown}`,
  );
  for (const m of status.markets) {
    const flow = `bought ${contracts(m.bought)}  sold ${contracts(m.sold)}  position ${contracts(m.position)}`;
    lines.push(
      `  ${m.ticker}  fills ${m.fills}  ${flow}  P&L ${formatDollars(m.profit)}  fees ${formatDollars(m.fees, 4)}`,
    );
  }
  lines.push(`  P&L after fees ${formatDollars(status.profit)}`);
  lines.push(`  write tokens spent ${status.writeSpent}, refused for want of tokens ${status.writeRefusals}`);
  const { p50Us, p99Us, maxUs } = latency;
  lines.push(
    `  tick to order p50 ${microseconds(p50Us)}  p99 ${microseconds(p99Us)}  max ${microseconds(maxUs)} over ${latency.count} orders`,
  );
  return lines;
}
