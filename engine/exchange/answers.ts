import { randomUUID } from 'node:crypto';
import type { ApiKey } from './auth.ts';
import { AccountBuckets, Bucket } from './buckets.ts';
import { subaccountParameter } from './call.ts';
import { outage } from './faults/outage.ts';
import { ReadReplica } from './faults/replica.ts';
import type { Front } from './front.ts';
import { legacyAnswer, refuseFractions } from './legacy.ts';
import { LegacyOrders } from './legacy-orders.ts';
import { Refusal } from './order.ts';
import { type ApiCall, RestApi, refusalBody } from './rest.ts';
import { allowed } from './scopes.ts';

/** An answer as it goes onto the wire. */
export interface RawAnswer {
  readonly status: number;
  /** Empty where there is no body. */
  readonly type: string;
  readonly text: string;
}

/** A request as it came off the wire, its key known (null for none). */
export interface RawCall {
  readonly method: string;
  readonly path: readonly string[];
  readonly query: string;
  readonly body: Buffer;
  readonly key: ApiKey | null;
  readonly address: string;
}

/** Reads that come from the query service, which may lag. */
const LAGGING =
  /^(portfolio\/(balance|fills|positions|settlements|summary\/\w+|subaccounts\/(balances|transfers|netting)|intra_exchange_instance_transfers(\/[^/]+)?|orders(\/[^/]+)?)|exchange\/user_data_timestamp)$/;
/** Addresses whose buckets are remembered. */
const MOST_ADDRESSES = 10_000;

/** Parses, charges and answers calls. */
export class Answers {
  private readonly front: Front;
  private readonly api: RestApi;
  private readonly legacy: LegacyOrders | null;
  private readonly buckets = new Map<string, AccountBuckets>();
  private readonly addresses = new Map<string, Bucket>();
  /** By how far they lag, ms. */
  private readonly replicas = new Map<number, { readonly replica: ReadReplica; readonly api: RestApi }>();

  constructor(front: Front) {
    this.front = front;
    this.api = front.api;
    this.legacy = front.options.legacyCents ? new LegacyOrders(front.exchange, this.api) : null;
  }

  /** Begin to remember what lagging reads will show. */
  open(): void {
    for (const rule of this.front.options.faults?.requests ?? []) {
      if (rule.fault !== 'stale' || this.replicas.has(rule.lagMs)) continue;
      const replica = new ReadReplica(this.front.exchange, rule.lagMs);
      this.replicas.set(rule.lagMs, { replica, api: new RestApi(replica, this.front.options.tier, randomUUID) });
    }
  }

  /** Answer a call from the state as it was `lagMs` ago where it is a read that can lag. Never throws. */
  answer(raw: RawCall, lagMs: number): RawAnswer {
    const { method, path, key } = raw;
    try {
      const query = new URLSearchParams(raw.query);
      let call: ApiCall = { method, path, query, body: parseBody(raw.body), userId: key?.userId ?? '' };
      if (key !== null) {
        this.charge(call, key);
        call = allowed(key, call);
      } else if (path.length > 0) this.chargeAddress(raw.address);
      const down = this.front.injector === null ? null : outage(this.front, this.front.injector, call);
      if (down !== null) return json(down.status, down.body);
      if (this.legacy === null) {
        const { status, body } = this.apiFor(path, lagMs).answer(call);
        return json(status, body);
      }
      refuseFractions(call.body);
      const old = this.legacy.answer(call);
      if (old !== null) return json(old.status, old.body);
      const { status, body } = this.apiFor(path, lagMs).answer(call);
      return json(status, legacyAnswer(path, body));
    } catch (error) {
      if (error instanceof Refusal) return failure(error);
      console.error('exchange: internal error', error);
      return failure(new Refusal(500, 'internal_error'));
    }
  }

  private apiFor(path: readonly string[], lagMs: number): RestApi {
    const lagging = lagMs > 0 && LAGGING.test(path.join('/')) && path[2] !== 'queue_positions';
    const found = lagging ? this.replicas.get(lagMs) : undefined;
    found?.replica.catchUp();
    return found?.api ?? this.api;
  }

  private charge(call: ApiCall, key: ApiKey): void {
    const { exchange } = this.front;
    let buckets = this.buckets.get(call.userId);
    const time = exchange.now();
    const tier = this.api.accounts.tierOf(call.userId);
    if (buckets?.tier !== tier) {
      // RFQs are billed to shard 1 whether or not a market trades there.
      const shards = new Set([1, ...exchange.shards()]);
      buckets = new AccountBuckets(tier, shards, time);
      this.buckets.set(call.userId, buckets);
    }
    const cancelsAll = call.method === 'DELETE' && call.path.length === 3;
    const resting = cancelsAll
      ? exchange.restingOf(call.userId, subaccountParameter(call.query, key.subaccount)).length
      : 1;
    const cost = RestApi.cost(call, resting);
    if (!buckets.take(cost, time)) throw tooManyRequests();
  }

  private chargeAddress(address: string): void {
    const { publicReadsPerSecond, publicReadBurst } = this.front.options;
    if (publicReadsPerSecond === 0) return;
    const time = this.front.exchange.now();
    let bucket = this.addresses.get(address);
    if (bucket === undefined) {
      if (this.addresses.size >= MOST_ADDRESSES) this.addresses.clear();
      bucket = new Bucket(publicReadsPerSecond, publicReadBurst, time);
      this.addresses.set(address, bucket);
    }
    if (!bucket.take(1, time)) throw tooManyRequests();
  }
}

/** The refusal of a request too many. */
export function tooManyRequests(): Refusal {
  return new Refusal(429, 'too_many_requests', 'too many requests');
}

/** A refusal in the shape the exchange uses for its kind. */
export function failure(refusal: Refusal): RawAnswer {
  const { status, code } = refusal;
  if (code.startsWith('text:')) return { status, type: 'text/plain', text: code.slice(5) };
  if (code.startsWith('msg:')) return json(status, { msg: code.slice(4) });
  const body = refusalBody(refusal);
  return json(status, code.startsWith('flat:') ? body : { error: body });
}

function json(status: number, body: unknown): RawAnswer {
  if (body === undefined) return { status, type: '', text: '' };
  return { status, type: 'application/json', text: JSON.stringify(body) };
}

function parseBody(raw: Buffer): unknown {
  if (raw.length === 0) return undefined;
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch (error) {
    throw new Refusal(400, 'flat:bad_request', 'bad request', `json: ${(error as Error).message}`);
  }
}
