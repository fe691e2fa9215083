import type { RequestOp, RequestOutcome, StopResult, VenueRequest } from '../core/index.ts';
import {
  cancelOrdersBody,
  decodeBody,
  describeFailure,
  groupPath,
  groupQuery,
  groupsList,
  type OrderRecord,
  ordersPage,
  Paths,
} from '../wire/index.ts';

/** An order group that quotes of ours name. */
export interface PullGroup {
  readonly shard: number;
  readonly id: string;
}

export interface PullOptions {
  /** Start of our client order ids. */
  readonly clientPrefix: string;
  /** 0 to 63. */
  readonly subaccount: number;
  readonly groups: readonly PullGroup[];
  /** Trigger every group of the account as well, whoever armed it: a group does not say whose it is. Default false. */
  readonly findGroups?: boolean;
  /** Cancel whatever rests in the subaccount, other programs' orders too. Default false. */
  readonly everyOrder?: boolean;
  readonly requestTimeoutMs: number;
  /** Gives up after this; infinite: never. */
  readonly deadlineMs: number;
  readonly request: (request: VenueRequest) => void;
  /** Milliseconds that never go back. */
  readonly nowMs: () => number;
}

/** Far above any number the engine gives its requests. */
const FIRST_ID = 2 ** 40;
const CLEAN_READS = 2;
const PAUSE_MS = 250;
const MAX_CANCELS = 20;

/**
 * Pulls every quote of ours without the engine, for when the engine itself has failed: triggers its order groups (what is
 * still under way then is refused), and reads and cancels what rests until two reads in a row show nothing. Knows
 * nothing of the engine's state but the ids of its groups, or finds them at the exchange.
 */
export class Pull {
  result: StopResult | null = null;
  /** When the last group was confirmed to be triggered, -1 before. */
  triggeredMs = -1;
  private readonly options: PullOptions;
  private readonly began: number;
  private readonly waiting = new Map<number, (outcome: RequestOutcome) => void>();
  private readonly untriggered: Set<PullGroup>;
  private groupsFound: boolean;
  /** What client order ids of ours start with, '' where every order is. */
  private ours: string;
  private nextId = FIRST_ID;
  private nextStepMs = 0;
  private cleanReads = 0;
  private resting = 0;
  private why = 'the exchange did not answer';

  constructor(options: PullOptions) {
    this.options = options;
    this.began = options.nowMs();
    this.ours = options.everyOrder === true ? '' : `${options.clientPrefix}-`;
    this.untriggered = new Set(options.groups.filter((group) => group.id !== ''));
    this.groupsFound = options.findGroups !== true;
    if (this.untriggered.size === 0 && this.groupsFound) this.triggeredMs = this.began;
  }

  /** Why it is not through yet. */
  get trouble(): string {
    return this.why;
  }

  /** From now on only orders of this session are pulled: another one quotes under the same prefix. */
  narrow(sessionId: string): void {
    this.ours = `${this.options.clientPrefix}-${sessionId}-`;
  }

  /** Call often. */
  tick(): void {
    if (this.result !== null) return;
    const nowMs = this.options.nowMs();
    if (nowMs - this.began >= this.options.deadlineMs) {
      const text = `could not verify within ${this.options.deadlineMs / 1000} s that nothing rests: ${this.why}`;
      this.result = { clean: false, resting: this.resting, text };
      return;
    }
    if (this.waiting.size > 0 || nowMs < this.nextStepMs) return;
    for (const group of this.untriggered) this.trigger(group);
    if (!this.groupsFound) this.find();
    this.look('');
  }

  /** An outcome; false when it belongs to a request of somebody else's. */
  outcome(id: number, outcome: RequestOutcome): boolean {
    const done = this.waiting.get(id);
    if (done === undefined) return false;
    this.waiting.delete(id);
    this.nextStepMs = this.options.nowMs() + PAUSE_MS;
    done(outcome);
    return true;
  }

  private trigger(group: PullGroup): void {
    const path = groupPath(group.id, 'trigger');
    this.send('triggerGroup', 'PUT', path, groupQuery(group.shard, this.options.subaccount), '{}', (outcome) => {
      const status = outcome.kind === 'response' ? outcome.status : 0;
      if (status !== 200 && status !== 404) return;
      this.untriggered.delete(group);
      if (this.untriggered.size === 0 && this.triggeredMs < 0) this.triggeredMs = this.options.nowMs();
    });
  }

  private find(): void {
    const query = `subaccount=${this.options.subaccount}`;
    this.send('getGroups', 'GET', Paths.groups, query, '', (outcome) => {
      if (outcome.kind !== 'response') return;
      const decoded = decodeBody(outcome.status, outcome.body, groupsList);
      if (decoded.kind !== 'ok') return;
      this.groupsFound = true;
      const known = new Set(this.options.groups.map(({ id }) => id));
      for (const { groupId, exchangeIndex } of decoded.value) {
        if (known.has(groupId)) continue;
        const group = { shard: exchangeIndex, id: groupId };
        this.untriggered.add(group);
        this.trigger(group);
      }
    });
  }

  private look(cursor: string): void {
    const query = `status=resting&limit=1000&subaccount=${this.options.subaccount}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    this.send('getOrders', 'GET', Paths.orders, query, '', (outcome) => this.judge(outcome, cursor !== ''));
  }

  private judge(outcome: RequestOutcome, more: boolean): void {
    if (outcome.kind !== 'response') return this.failed(outcome.reason);
    const decoded = decodeBody(outcome.status, outcome.body, ordersPage);
    if (decoded.kind !== 'ok')
      return this.failed(decoded.kind === 'refused' ? describeFailure(decoded.failure) : decoded.reason);
    const { items, cursor } = decoded.value;
    const ours = items.filter((o) => o.subaccount === this.options.subaccount && o.clientOrderId.startsWith(this.ours));
    this.resting = (more ? this.resting : 0) + ours.length;
    for (let at = 0; at < ours.length; at += MAX_CANCELS) this.cancel(ours.slice(at, at + MAX_CANCELS));
    if (cursor !== '') return this.look(cursor);
    this.why = this.resting > 0 ? `${this.resting} of our orders still rest` : 'the group trigger is not confirmed';
    const isQuiet = this.resting === 0 && this.untriggered.size === 0 && this.groupsFound;
    this.cleanReads = isQuiet ? this.cleanReads + 1 : 0;
    if (this.cleanReads < CLEAN_READS) return;
    this.result = { clean: true, resting: 0, text: 'the exchange confirms that nothing of ours rests' };
  }

  private failed(why: string): void {
    this.cleanReads = 0;
    this.why = why;
  }

  private cancel(orders: readonly OrderRecord[]): void {
    this.send('cancelOrders', 'DELETE', Paths.batched, '', cancelOrdersBody(orders, this.options.subaccount), () => {});
  }

  private send(
    op: RequestOp,
    method: VenueRequest['method'],
    path: string,
    query: string,
    body: string,
    done: (outcome: RequestOutcome) => void,
  ): void {
    const id = this.nextId++;
    this.waiting.set(id, done);
    this.options.request({ id, op, method, path, query, body, timeoutMs: this.options.requestTimeoutMs });
  }
}
