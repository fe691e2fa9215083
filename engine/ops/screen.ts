import type { EngineStatus, MarketStatusView, SideStatus } from '../core/index.ts';
import { REASONS } from '../quoting/index.ts';
import { LEVEL_NAMES } from '../risk/index.ts';
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

/** A line for each side that is not quoted: what it means, the words that came with it, what would clear it. */
function whyNot(m: MarketStatusView): string[] {
  const line = (side: SideStatus): string => {
    const words = side.reason === 'book_stale' ? m.stale : side.detail;
    return `${side.reason}: ${REASONS[side.reason].about}${words === '' ? '' : ` (${words})`}; to clear: ${side.clears}`;
  };
  const quiet = (side: SideStatus): boolean => side.reason !== 'quoting';
  const [bid, ask] = [line(m.bid), line(m.ask)];
  if (quiet(m.bid) && bid === ask) return [`${m.ticker}  ${bid}`];
  return [...(quiet(m.bid) ? [`${m.ticker} bid  ${bid}`] : []), ...(quiet(m.ask) ? [`${m.ticker} ask  ${ask}`] : [])];
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
    '',
  ];
  lines.push(line(HEADERS), ...rows.map(line), '');
  const quiet = status.markets.flatMap(whyNot);
  if (quiet.length > 0) lines.push(...quiet, '');
  const fees = formatDollars(status.fees as Money, 4);
  lines.push(
    `P&L after fees ${formatDollars(status.profit)}  (fees ${fees}, cash at start ${formatDollars(status.cash)})`,
  );
  const { writeTokens, writeCapacity, tier } = status;
  const latencyText = `p50 ${microseconds(latency.p50Us)}  p99 ${microseconds(latency.p99Us)}  (${latency.count} measured)`;
  lines.push(
    `write tokens ${Math.floor(writeTokens)} of ${Math.floor(writeCapacity)}${tier === '' ? '' : ` (${tier})`}`,
  );
  lines.push(`tick to order ${latencyText}`);
  const { ticks, loss, pullMs, roundTripMs } = status.stale;
  lines.push(
    `stale quotes: ${formatDollars(loss)} lost if fair jumped ${ticks} ticks before our cancels land, which takes ${pullMs.toFixed(1)} ms (round trip ${roundTripMs.toFixed(1)} ms)`,
  );
  lines.push(...worstCases(status));
  for (const g of status.groups)
    lines.push(
      `order group on shard ${g.shard}: ${g.life}, ${contracts(g.filled)} of ${contracts(g.limit)} contracts in 15 s`,
    );
  for (const e of status.events.filter((event) => event.markets.length > 1))
    lines.push(`event ${e.ticker}: ${e.kind} of ${e.markets.length} markets (${e.why})`);
  lines.push(...causeLines(status));
  if (status.missing.length > 0) lines.push(`waiting for: ${status.missing.join(', ')}`);
  return lines;
}

/** What the worst outcomes would cost: of everything, and of the three events nearest to their limits. */
function worstCases({ risk }: EngineStatus): string[] {
  const of = (worst: Money, limit: Money | null): string =>
    limit === null ? formatDollars(worst) : `${formatDollars(worst)} of ${formatDollars(limit)}`;
  const share = (event: EngineStatus['risk']['events'][number]): number => event.worst / (event.limit ?? Infinity);
  const events = [...risk.events].sort((a, b) => share(b) - share(a) || b.worst - a.worst).slice(0, 3);
  const parts = events.map(({ ticker, worst, limit }) => `${ticker} ${of(worst, limit)}`);
  return [`worst case ${[of(risk.worst, risk.limit), ...parts].join('; ')}`];
}

/** The engine's level and a pause, for the head of the screen; '' in normal times. */
function levelText({ level, paused }: EngineStatus): string {
  const text = level === 0 ? '' : `  LEVEL ${level} ${LEVEL_NAMES[level]}`;
  return paused ? `${text}  PAUSED` : text;
}

/** Every cause in force with what clears it, and how positions are being closed. */
function causeLines(status: EngineStatus): string[] {
  const lines = [`day ${formatDollars(status.dayProfit)}, ${formatDollars(status.fall)} below the highest`];
  for (const h of status.halts) {
    const what = h.level === 0 ? 'HALF SIZE' : `LEVEL ${h.level} ${LEVEL_NAMES[h.level]}`;
    const left = h.until === 0 ? '' : ` (left in ${Math.max(0, Math.ceil((h.until - status.time) / 1_000_000))} s)`;
    const where = h.market === '' ? h.code : `${h.code}/${h.market}`;
    lines.push(`${what}: ${where}: ${h.cause}`, `  to clear: ${h.clears}${left}`);
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
    const why = whyNot(m)
      .map((text) => text.slice(m.ticker.length).trim())
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
