import type { FaultPlan, RequestRule } from './plan.ts';
import { Streams } from './streams.ts';

/** What becomes of a request. */
export interface RequestFate {
  /** Delay before the exchange sees it, and before its answer leaves, ms. */
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly end: RequestEnd | null;
  /** Age of the state a read is answered from, ms; 0: now. */
  readonly lagMs: number;
}

/** How a request ends other than with its answer. */
export type RequestEnd = Extract<RequestRule, { fault: 'drop' | 'error' | 'silence' | 'rateLimit' }>;

/** What becomes of a feed frame. */
export type FrameFate =
  | { readonly kind: 'drop' | 'duplicate' }
  | { readonly kind: 'reorder'; readonly by: number }
  | { readonly kind: 'delay'; readonly delayMs: number };

/** What becomes of a feed connection, and after how many frames. */
export interface ConnectionFate {
  readonly kind: FaultPlan['connections'][number]['fault'];
  readonly afterFrames: number;
}

/** Decides, event by event, what goes wrong, and keeps the tally. No clock and no sockets: times are handed in. */
export class FaultInjector {
  readonly plan: FaultPlan;
  /** How often each fault struck, by name. */
  readonly counts = new Map<string, number>();
  private readonly streams: Streams;
  private readonly tell: (line: string) => void;
  private readonly paths: readonly RegExp[];

  /** @param tell hears one line for every fault injected */
  constructor(plan: FaultPlan, tell: (line: string) => void = () => {}) {
    this.plan = plan;
    this.tell = tell;
    this.streams = new Streams(plan.seed);
    this.paths = plan.requests.map(({ path }) => pathPattern(path));
  }

  /** What becomes of a request. `path` is below the API's root; `elapsedMs` exchange time since the opening. */
  request(method: string, path: string, userId: string, elapsedMs: number): RequestFate {
    let beforeMs = 0;
    let afterMs = 0;
    let lagMs = 0;
    let end: RequestEnd | null = null;
    for (const [i, rule] of this.plan.requests.entries()) {
      if ((rule.method ?? method) !== method || !this.paths[i]!.test(path)) continue;
      if (rule.fault === 'stale' && method !== 'GET') continue;
      const stream = `requests.${i}/${userId}`;
      const n = this.streams.strike(rule, stream, elapsedMs);
      if (n === 0) continue;
      if (rule.fault === 'latency') {
        beforeMs += rule.beforeMs + rule.jitterMs * this.streams.amount(stream, n, 'before');
        afterMs += rule.backMs + rule.jitterMs * this.streams.amount(stream, n, 'after');
      } else if (rule.fault === 'stale') lagMs = Math.max(lagMs, rule.lagMs);
      else if (end === null) end = rule;
      else continue;
      const where = 'stage' in rule ? ` ${rule.stage} acceptance` : '';
      this.note(`request ${rule.fault}${where}`, `${method} ${path}, ${stream} #${n}`);
    }
    return { beforeMs, afterMs, end, lagMs };
  }

  /** What becomes of the next frame of a channel on a user's `connection`-th connection; null: it passes. */
  frame(userId: string, connection: number, channel: string, elapsedMs: number): FrameFate | null {
    let fate: FrameFate | null = null;
    for (const [i, rule] of this.plan.frames.entries()) {
      if ((rule.channel ?? channel) !== channel) continue;
      const stream = `frames.${i}/${userId}/${connection}`;
      const n = this.streams.strike(rule, stream, elapsedMs);
      if (n === 0 || fate !== null) continue;
      if (rule.fault === 'reorder') fate = { kind: 'reorder', by: rule.by };
      else if (rule.fault === 'delay') {
        fate = { kind: 'delay', delayMs: rule.delayMs + rule.jitterMs * this.streams.amount(stream, n, 'delay') };
      } else fate = { kind: rule.fault };
      this.note(`frame ${rule.fault}`, `${channel}, ${stream} #${n}`);
    }
    return fate;
  }

  /** What becomes of a user's next connection; null: it lives. */
  connection(userId: string, elapsedMs: number): ConnectionFate | null {
    let fate: ConnectionFate | null = null;
    for (const [i, rule] of this.plan.connections.entries()) {
      const n = this.streams.strike(rule, `connections.${i}/${userId}`, elapsedMs);
      if (n > 0 && fate === null) fate = { kind: rule.fault, afterFrames: rule.afterFrames };
    }
    return fate;
  }

  /** Whether this event of an order in a group triggers the group. */
  triggers(on: 'create' | 'fill', userId: string, elapsedMs: number): boolean {
    let hit = false;
    for (const [i, rule] of this.plan.groups.entries()) {
      if (rule.on !== on) continue;
      const stream = `groups.${i}/${userId}`;
      const n = this.streams.strike(rule, stream, elapsedMs);
      if (n === 0) continue;
      hit = true;
      this.note('group trigger', `${stream} #${n}`);
    }
    return hit;
  }

  /** Shards that are down now. */
  shardsDown(elapsedMs: number): ReadonlySet<number> {
    return new Set(this.plan.shards.filter((w) => within(w, elapsedMs)).map((w) => w.shard));
  }

  inMaintenance(elapsedMs: number): boolean {
    return this.plan.maintenance.some((w) => within(w, elapsedMs));
  }

  /** Tell of a fault that struck, and count it. */
  note(name: string, where: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    this.tell(`fault: ${name}: ${where}`);
  }
}

function within(window: { readonly afterMs: number; readonly forMs: number }, elapsedMs: number): boolean {
  return elapsedMs >= window.afterMs && elapsedMs < window.afterMs + window.forMs;
}

function pathPattern(path: string): RegExp {
  const any = path.endsWith('/**');
  const parts = (any ? path.slice(0, -3) : path).split('/').map((part) => {
    return part === '*' ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('/')}${any ? '(/.*)?' : ''}$`);
}
