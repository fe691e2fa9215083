import type { Order } from '../orders/index.ts';
import type { ShardGroup } from '../risk/index.ts';
import type { TimeUs } from '../units/index.ts';
import {
  createdGroup,
  type GroupRecord,
  groupsList,
  type OrderRecord,
  ordersPage,
  Paths,
  subaccountField,
} from '../wire/index.ts';
import type { Context } from './context.ts';
import { callGroup } from './group-call.ts';
import { isVerdict, readList, understood, whyNot } from './reader.ts';

/** Pages of orders looked through for who names which group, and how far back they go. */
const MOST_PAGES = 10;
const LOOK_BACK_S = 7 * 86_400;
const FRESH_MS = 5000;

/** What the opener tells of. */
export interface OpenerEvents {
  /** The group is known at the exchange; `record` null: it was just made. */
  opened(group: ShardGroup, record: GroupRecord | null): void;
  authRefused(detail: string): void;
}

/**
 * Gives every shard in use its group. A group carries no name of ours, so those of earlier sessions are known by the
 * orders that name them: one with an order of our prefix is ours and is used again, the others of ours are deleted, so
 * that they do not pile up; one that only others' orders name is left alone. A create whose answer was lost is looked
 * for in the list, as orders are, before another is made.
 */
export class GroupOpener {
  private readonly ctx: Context;
  private readonly events: OpenerEvents;
  private state: 'unread' | 'reading' | 'found' | 'read' = 'unread';
  /** What the list said, and the orders that tell whose groups they are, until groups are to be opened. */
  private found: { groups: readonly GroupRecord[]; orders: readonly OrderRecord[]; time: TimeUs } | null = null;
  private retryAt = 0 as TimeUs;
  private complaints = 0;
  /** Ids listed before we made any, and since. */
  private readonly listed = new Set<string>();
  /** Creates whose answers were lost, and since when. */
  private readonly doubts = new Map<ShardGroup, TimeUs>();
  private surplus: GroupRecord[] = [];

  constructor(ctx: Context, events: OpenerEvents) {
    this.ctx = ctx;
    this.events = events;
  }

  tick(): void {
    const { ctx } = this;
    this.deleteSurplus();
    if (this.state === 'reading' || ctx.now < this.retryAt) return;
    if (this.found !== null && ctx.groups.size > 0) this.takeFound(this.found);
    if (this.state === 'unread') this.find();
    else if (this.doubts.size > 0) this.lookForLost();
    for (const group of ctx.groups.values()) {
      if (this.state !== 'read' || group.life !== 'absent' || ctx.unfunded.has(group.exchangeIndex)) continue;
      this.create(group);
    }
  }

  /** The list is read ahead, while other things are; one that is old by the time it is wanted is read again. */
  private takeFound({ groups, orders, time }: NonNullable<GroupOpener['found']>): void {
    this.found = null;
    if (this.ctx.passed(time, FRESH_MS)) this.state = 'unread';
    else this.assign(groups, orders);
  }

  /** Read the account's groups, and as many orders as it takes to tell whose they are. */
  private find(): void {
    const { ctx } = this;
    this.state = 'reading';
    ctx.read('getGroups', Paths.groups, ctx.scope, ctx.costs.defaultCost, (outcome) => {
      const decoded = understood(outcome, groupsList);
      if (decoded.kind !== 'ok') return this.unread(whyNot(decoded));
      const groups = decoded.value;
      const asked = ctx.now;
      const took = (orders: readonly OrderRecord[]): void => {
        this.found = { groups, orders, time: asked };
        this.state = 'found';
      };
      if (groups.length === 0) return took([]);
      const named = (orders: readonly OrderRecord[], pages: number): boolean => {
        const ids = new Set(orders.map((order) => order.groupId));
        return pages >= MOST_PAGES || groups.every((group) => ids.has(group.groupId));
      };
      const since = Math.floor(ctx.now / 1_000_000) - LOOK_BACK_S;
      const take = (orders: readonly OrderRecord[] | null, why: string): void =>
        orders === null ? this.unread(why) : took(orders);
      readList(ctx, 'getOrders', Paths.orders, `min_ts=${since}&limit=1000&${ctx.scope}`, ordersPage, take, named);
    });
  }

  private unread(why: string): void {
    this.state = 'unread';
    this.failed('list of order groups', why);
  }

  private failed(what: string, why: string): void {
    const { ctx } = this;
    this.retryAt = ctx.after(ctx.config.timing.retryMs);
    if (why.startsWith('HTTP 401')) this.events.authRefused(`${what}: ${why}`);
    if (this.complaints++ % 10 === 0) ctx.report('warn', 'setup_retry', `${what} not available yet: ${why}`);
  }

  private assign(found: readonly GroupRecord[], orders: readonly OrderRecord[]): void {
    const { ctx } = this;
    const { clientPrefix, subaccount, groups: policy } = ctx.config;
    const ours = orders.filter((o) => o.subaccount === subaccount && o.clientOrderId.startsWith(`${clientPrefix}-`));
    const named = new Set(orders.map((order) => order.groupId));
    const namedByUs = new Set(ours.map((order) => order.groupId));
    const resting = ours.filter((order) => order.status === 'resting' && order.groupId !== '');
    const holds = (record: GroupRecord): number => resting.filter((o) => o.groupId === record.groupId).length;
    for (const record of found) this.listed.add(record.groupId);
    const known = found.filter((record) => namedByUs.has(record.groupId));
    for (const group of ctx.groups.values()) {
      // A latch decides, else what most of what rests is in.
      const here = known.filter((record) => record.exchangeIndex === group.exchangeIndex);
      const best = here.toSorted((a, b) => Number(a.armed) - Number(b.armed) || holds(b) - holds(a)).at(0);
      // Orders taken over that are in another group, or none, or were not seen in any.
      const isIn = ({ orderId }: Order): boolean =>
        resting.some((o) => o.orderId === orderId && o.groupId === best?.groupId);
      const isHere = (order: Order): boolean => ctx.markets[order.market]!.exchangeIndex === group.exchangeIndex;
      group.holdsAll = ctx.orders.all().every((order) => !isHere(order) || isIn(order));
      if (best === undefined) continue;
      this.surplus.push(...here.filter((record) => record !== best && (holds(record) === 0 || !this.adopts)));
      this.use(group, best);
    }
    this.surplus.push(...known.filter((record) => !ctx.groups.has(record.exchangeIndex) && record.armed));
    const orphans = found.filter((record) => !named.has(record.groupId));
    if (policy.orphans === 'delete') this.surplus.push(...orphans);
    else if (orphans.length > 0) {
      const text = `${orphans.length} order group(s) that no order names are left alone: ${orphans.map((r) => r.groupId).join(', ')}`;
      ctx.report('info', 'groups_unnamed', text);
    }
    this.state = 'read';
  }

  private get adopts(): boolean {
    return this.ctx.config.leftovers === 'adopt';
  }

  private use(group: ShardGroup, record: GroupRecord): void {
    group.id = record.groupId;
    if (record.limit !== null) group.limit = record.limit;
    this.events.opened(group, record);
  }

  private create(group: ShardGroup): void {
    const { ctx } = this;
    if (!ctx.writes.take(ctx.costs.defaultCost, 0, ctx.now)) return;
    group.life = 'creating';
    group.limit = group.wantedLimit;
    const body = JSON.stringify({
      contracts_limit_fp: (group.limit / 100).toFixed(2),
      exchange_index: group.exchangeIndex,
      ...subaccountField(ctx.config.subaccount),
    });
    ctx.write('createGroup', 'POST', Paths.createGroup, body, ctx.costs.defaultCost, (outcome) => {
      const decoded = understood(outcome, createdGroup);
      if (decoded.kind === 'ok') {
        group.id = decoded.value.groupId;
        this.listed.add(group.id);
        return this.events.opened(group, null);
      }
      this.failed(`order group on shard ${group.exchangeIndex}`, whyNot(decoded));
      const refused = decoded.kind === 'refused' && isVerdict(decoded.failure.status);
      if (outcome.kind === 'unsent' || refused) group.life = 'absent';
      else this.doubts.set(group, ctx.now);
    });
  }

  /** A group that was not there before, on the shard and with the limit asked for, is the one whose answer was lost. */
  private lookForLost(): void {
    const { ctx } = this;
    const asked = ctx.now;
    this.retryAt = ctx.after(ctx.config.timing.unknownAskMs);
    this.state = 'reading';
    ctx.read('getGroups', Paths.groups, ctx.scope, ctx.costs.defaultCost, (outcome) => {
      this.state = 'read';
      const decoded = understood(outcome, groupsList);
      if (decoded.kind !== 'ok') return this.failed('list of order groups', whyNot(decoded));
      const fresh = decoded.value.filter((record) => !this.listed.has(record.groupId) && record.armed);
      for (const [group, since] of this.doubts) {
        const { exchangeIndex, limit } = group;
        const its = fresh.filter((record) => record.exchangeIndex === exchangeIndex && record.limit === limit);
        const isLate = asked - since >= ctx.config.timing.unknownMinAgeMs * 1000;
        if (its.length !== 1 && !isLate) continue;
        this.doubts.delete(group);
        // Of several alike none can be told to be ours.
        for (const record of its) this.listed.add(record.groupId);
        if (its.length === 1) this.use(group, its[0]!);
        else group.life = 'absent';
      }
    });
  }

  /** One at a time, and only from what nobody else needs. */
  private deleteSurplus(): void {
    const { ctx } = this;
    const record = this.surplus.at(-1);
    if (record === undefined || !ctx.writes.take(ctx.costs.defaultCost, ctx.config.budget.reserve, ctx.now)) return;
    this.surplus.pop();
    const { groupId: id, exchangeIndex } = record;
    // One that could not be deleted is found again by the next session.
    callGroup(ctx, { id, exchangeIndex }, 'delete', () => {});
    ctx.report(
      'info',
      'group_deleted',
      `order group ${id} of an earlier session on shard ${exchangeIndex}: deleting it`,
    );
  }
}
