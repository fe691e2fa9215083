import { type Count, formatCount } from '../units/index.ts';
import { TIERS } from './buckets.ts';
import { type ApiAnswer, type ApiCall, ok } from './call.ts';
import { COSTS, DEFAULT_COST } from './costs.ts';
import type { Exchange } from './exchange.ts';
import { Refusal } from './order.ts';

const ROOT = '/trade-api/v2/';
const MONTH_US = 30 * 86_400_000_000;

/** Shares of the exchange's two-sided volume that earn a tier and that keep it, in thousandths of a percent. */
const SHARES: readonly (readonly [level: string, earn: number, keep: number])[] = [
  ['expert', 75, 50],
  ['premier', 125, 100],
  ['paragon', 250, 200],
  ['prime', 500, 400],
  ['prestige', 1000, 800],
];

/** Usage tiers by account, and the calls about them. */
export class AccountApi {
  private readonly exchange: Exchange;
  private readonly tier: string;
  /** Accounts that were promoted. */
  private readonly promoted = new Set<string>();

  constructor(exchange: Exchange, tier: string) {
    this.exchange = exchange;
    this.tier = tier;
  }

  /** The tier an account is on: the key of `TIERS`. */
  tierOf(userId: string): string {
    return this.promoted.has(userId) ? 'advanced' : this.tier;
  }

  /** Answer a call below `/account`, or null for a path there is not. @throws Refusal */
  answer({ method, path, userId }: ApiCall): ApiAnswer | null {
    switch (`${method} ${path.slice(1).join('/')}`) {
      case 'GET endpoint_costs':
        return ok({
          default_cost: DEFAULT_COST,
          endpoint_costs: COSTS.map((row) => ({ ...row, path: ROOT + row.path })),
        });
      case 'GET limits':
        return ok(this.limits(userId));
      case 'POST api_usage_level/upgrade':
        return this.upgrade(userId);
      case 'GET api_usage_level/volume_progress':
        return ok({ volume_progress: [this.progress(userId)] });
    }
    return null;
  }

  private limits(userId: string): unknown {
    const usage_tier = this.tierOf(userId);
    const tier = TIERS[usage_tier]!;
    const grant = { exchange_instance: 'event_contract', level: 'advanced', source: 'self_serve' };
    return {
      usage_tier,
      read: { refill_rate: tier.read, bucket_capacity: tier.read * tier.readSeconds },
      write: { refill_rate: tier.write, bucket_capacity: tier.write * tier.writeSeconds },
      grants: this.promoted.has(userId) ? [grant] : [],
    };
  }

  /** From Basic to Advanced, for an account that has placed an order here. Higher tiers stay what they are. */
  private upgrade(userId: string): ApiAnswer {
    const trades = [...this.exchange.orders.values()].some((order) => order.userId === userId);
    if (!trades) throw new Refusal(403, 'forbidden', 'at least one of the last 100 orders must have come by the API');
    if (this.tier === 'basic') this.promoted.add(userId);
    return { status: 201, body: undefined };
  }

  private progress(userId: string): unknown {
    const now = this.exchange.now();
    const mine = this.exchange.fills.filter((f) => f.userId === userId && f.time > now - MONTH_US);
    let everybody = 0;
    for (const market of this.exchange.markets.values()) everybody += market.volume;
    const goal = (share: number): string => formatCount(Math.ceil((2 * everybody * share) / 100_000) as Count);
    return {
      computed_ts: Math.floor(now / 1_000_000),
      trailing_30d_volume_fp: formatCount(mine.reduce((sum, f) => sum + f.count, 0) as Count),
      goals: SHARES.map(([level, earn, keep]) => ({
        level,
        earn_volume_goal_fp: goal(earn),
        keep_volume_goal_fp: goal(keep),
      })),
    };
  }
}
