import { SIDES } from '../orders/index.ts';
import { type HaltCode, MAX_GROUP_LIMIT, MIN_GROUP_LIMIT, ShardGroup, type TriggerCause } from '../risk/index.ts';
import { type Count, ONE_CONTRACT, type TimeUs } from '../units/index.ts';
import { type GroupMessage, type GroupRecord, groupPath } from '../wire/index.ts';
import type { Context } from './context.ts';
import { callGroup, readGroup, resultOf } from './group-call.ts';
import { GroupLimits } from './group-limits.ts';
import { GroupOpener } from './group-opener.ts';
import { GroupScale } from './group-scale.ts';
import { MassCancel } from './mass-cancel.ts';
import type { CommandAnswer } from './operator.ts';

/** What the desk needs of the engine. */
export interface GroupEvents {
  halt(code: HaltCode, cause: string, clears: string): void;
  /** Quoting may begin again, as far as anything but the groups is concerned. */
  permits(): boolean;
  /** Compare our account with the exchange's as soon as possible; how many comparisons are through. */
  compare(): void;
  compared(): number;
  authRefused(detail: string): void;
}

/** A comparison that was under way at the trigger proves nothing, so two have to be through. */
const COMPARISONS = 2;
const CLEARS = 'find out why, then hundred resume --reset group_triggered has the order group reset';

/**
 * Our order groups, one on each shard in use and for the one strategy: found or made before the first quote, watched
 * while there are quotes, and, once triggered, reset by nothing but policy: after a cool-off and only where our own
 * fills explain the trigger, or by a person. A trigger of our own, to pull everything at once, has a known cause and is
 * reset once nothing rests.
 */
export class GroupDesk {
  readonly massCancel: MassCancel;
  private readonly ctx: Context;
  private readonly events: GroupEvents;
  private readonly opener: GroupOpener;
  private readonly limits: GroupLimits;
  private readonly scale: GroupScale;
  /** Comparisons through when a group was triggered, and when its reset may be tried. */
  private readonly comparedThen = new Map<ShardGroup, number>();
  private readonly retryAt = new Map<ShardGroup, TimeUs>();
  private readonly told = new Set<ShardGroup>();

  constructor(ctx: Context, events: GroupEvents) {
    this.ctx = ctx;
    this.events = events;
    const opened = (group: ShardGroup, record: GroupRecord | null): void => this.opened(group, record);
    this.opener = new GroupOpener(ctx, { opened, authRefused: (detail) => events.authRefused(detail) });
    this.limits = new GroupLimits(ctx);
    this.scale = new GroupScale(ctx);
    this.massCancel = new MassCancel(ctx, (group, why) => this.lost(group, why));
  }

  /** Groups still to be opened, for status. A shard without cash takes no group: the others do not wait for it. */
  get missing(): string[] {
    const { groups, unfunded } = this.ctx;
    const isMissing = ({ life, exchangeIndex, limit, wantedLimit }: ShardGroup): boolean =>
      !unfunded.has(exchangeIndex) &&
      (life === 'absent' || life === 'creating' || (life === 'armed' && limit !== wantedLimit));
    return [...groups.values()].filter(isMissing).map((group) => `order group on shard ${group.exchangeIndex}`);
  }

  /** Each shard in use is to have a group. Called once the old session's orders are gone. */
  open(): void {
    const { groups, markets, config } = this.ctx;
    for (const { exchangeIndex } of markets) {
      if (groups.has(exchangeIndex)) continue;
      groups.set(exchangeIndex, new ShardGroup(exchangeIndex, config.groupLimit, config.strategy.name));
    }
  }

  tick(): void {
    const { ctx } = this;
    this.opener.tick();
    this.massCancel.tick();
    this.scale.tick();
    for (const group of ctx.groups.values()) {
      if (!ctx.linkUp) group.awaitsWord = false;
      this.heedOperator(group);
      if (group.life === 'armed') this.limits.tick(group);
      else if (group.life === 'triggered' && ctx.phase === 'running') this.consider(group);
    }
  }

  /** The exchange tells of a group. */
  heard(message: GroupMessage): void {
    const group = [...this.ctx.groups.values()].find(({ id }) => id === message.groupId);
    if (group === undefined) return;
    if (message.event === 'triggered') this.heardTriggered(group);
    else if (message.event === 'deleted') this.lost(group, 'it was deleted by somebody else');
    else if (message.event === 'limit_updated' && message.limit !== null) group.limit = message.limit;
  }

  /** The word of a trigger of ours may come after its answer, and after the reset that followed. */
  private heardTriggered(group: ShardGroup): void {
    const isLate = group.awaitsWord && group.life !== 'triggering';
    group.awaitsWord = false;
    if (!isLate) this.triggered(group.exchangeIndex, 'the exchange says so');
  }

  /** An order was refused because of its group. */
  refused(exchangeIndex: number, detail: string): void {
    const group = this.ctx.groups.get(exchangeIndex);
    // What arrives after a trigger of ours is meant to be refused.
    if (group?.life === 'triggering') return;
    if (detail.startsWith('order_group_not_found') && group !== undefined) this.lost(group, detail);
    else this.triggered(exchangeIndex, `an order was refused: ${detail}`);
  }

  /** An operator's limit, `CONTRACTS` or `CONTRACTS/SHARD`. */
  setLimit(text: string): CommandAnswer {
    const [contracts = '', shard] = text.split('/');
    const limit = Math.round(Number(contracts) * ONE_CONTRACT) as Count;
    const isLimit = limit >= MIN_GROUP_LIMIT && limit <= MAX_GROUP_LIMIT;
    const its = [...this.ctx.groups.values()].filter((g) => shard === undefined || g.exchangeIndex === Number(shard));
    if (contracts === '' || !isLimit) return { done: false, text: `${text} is no limit: 1 to 1,000,000 contracts` };
    if (its.length === 0) return { done: false, text: `there is no order group${shard ? ` on shard ${shard}` : ''}` };
    for (const group of its) group.ceiling = group.wantedLimit = limit;
    const shards = its.map((group) => group.exchangeIndex).join(', ');
    return { done: true, text: `the limit on shard ${shards} becomes ${limit / ONE_CONTRACT} contracts per 15 s` };
  }

  private opened(group: ShardGroup, record: GroupRecord | null): void {
    const { ctx } = this;
    ctx.port.expect?.('PUT', groupPath(group.id, 'trigger'), true);
    const { id, exchangeIndex } = group;
    if (record?.armed === false) {
      const what = `order group ${id} of an earlier session on shard ${exchangeIndex} is triggered`;
      this.latch(group, 'found', what);
      group.isResetOrdered = ctx.config.groups.resetFound;
      return;
    }
    group.arm();
    ctx.touchAll();
    const contracts = (group.limit / 100).toFixed(2);
    const found = record === null ? '' : ', found again';
    const text = `order group ${id} armed on shard ${exchangeIndex}: ${contracts} contracts per 15 s${found}`;
    ctx.report('info', 'group_armed', text, { group: id, shard: exchangeIndex, found: record !== null });
  }

  /** The exchange pulled everything of a group, or we did. */
  private triggered(exchangeIndex: number, how: string): void {
    const { ctx } = this;
    const group = ctx.groups.get(exchangeIndex);
    if (group === undefined || group.life === 'triggered' || group.life === 'deleted') return;
    // Ours, unless what has filled would have been enough without us.
    const isPull = group.life === 'triggering' && group.rolling(ctx.now) < group.limit;
    const filled = group.rolling(ctx.now) / 100;
    const what = `order group ${group.id} on shard ${exchangeIndex} triggered (${how}): ${filled} contracts filled in the last 15 s, limit ${group.limit / 100}`;
    this.latch(group, isPull ? 'pull' : 'limit', what);
  }

  /** A risk event: told with its numbers, and the account compared. */
  private latch(group: ShardGroup, cause: TriggerCause, what: string): void {
    const { ctx } = this;
    const markets = group.byMarket(ctx.now).map(([m, n]) => `${ctx.markets[m]?.ticker ?? '?'} ${n / 100}`);
    group.trigger(cause, ctx.now);
    ctx.touchAll();
    if (cause === 'pull' || ctx.phase === 'stopping' || ctx.phase === 'stopped') return;
    this.comparedThen.set(group, this.events.compared());
    this.events.compare();
    const text = markets.length === 0 ? what : `${what} (${markets.join(', ')})`;
    const { id, exchangeIndex: shard, strategy, resets } = group;
    const [filled, limit] = [group.rolling(ctx.now) / 100, group.limit / 100];
    ctx.report('warn', 'group_risk', text, { group: id, shard, strategy, filled, limit, resets, cause });
    // At the start the daemon would take a halt for a refused key: it is raised once it runs.
    if (ctx.config.groups.reset === 'operator' && ctx.phase === 'running') this.leave(group, text);
  }

  /** A group that is gone takes no orders; it can only be made anew, by a person's leave. */
  private lost(group: ShardGroup, why: string): void {
    const { ctx } = this;
    if (group.life === 'deleted') return;
    group.life = 'deleted';
    if (ctx.phase === 'stopping' || ctx.phase === 'stopped') return;
    const what = `order group ${group.id} on shard ${group.exchangeIndex} is gone: ${why}`;
    this.leave(group, what);
    this.events.compare();
  }

  /** Leave it to the operator. */
  private leave(group: ShardGroup, cause: string): void {
    this.told.add(group);
    this.events.halt('group_triggered', cause, CLEARS);
  }

  /** A person has left the cause: the group is to be reset, or where it is gone made anew. */
  private heedOperator(group: ShardGroup): void {
    if (!this.told.has(group) || this.ctx.halts.get('group_triggered', '') !== undefined) return;
    this.told.delete(group);
    this.retryAt.delete(group);
    group.isResetOrdered = true;
    if (group.life === 'deleted') group.life = 'absent';
    this.ctx.touchAll();
  }

  /** What is to become of a triggered group: nothing yet, a reset, or the operator's decision. */
  private consider(group: ShardGroup): void {
    const { ctx } = this;
    if (ctx.now < (this.retryAt.get(group) ?? 0)) return;
    if (!group.isResetOrdered && group.cause !== 'pull') {
      if (this.told.has(group)) return;
      const why = this.objection(group);
      if (why !== '') return this.leave(group, `order group ${group.id} on shard ${group.exchangeIndex}: ${why}`);
      if (group.secondsToReset(ctx.config.groups, ctx.now) > 0) return;
    }
    const isPulling = group.cause === 'pull' && this.massCancel.pullsAll(group);
    if (isPulling || !this.isClean(group) || ctx.now < this.massCancel.mayArriveUntil(group)) return;
    this.reset(group);
  }

  /** Why a cool-off does not do, '' while it may. */
  private objection(group: ShardGroup): string {
    const { ctx } = this;
    const { reset, maxResets } = ctx.config.groups;
    if (reset === 'operator') return group.cause === 'found' ? 'it was found triggered' : 'it is triggered';
    if (group.resets >= maxResets) return `triggered again after ${group.resets} resets, orderGroup.maxResets`;
    // Found triggered: what led to it is not known, the time since the start is its cool-off.
    if (group.cause === 'found' || !this.isCompared(group)) return '';
    const filled = group.rolling(ctx.now);
    if (filled < group.limit)
      return `our fills do not explain the trigger: ${filled / 100} contracts in 15 s, limit ${group.limit / 100}`;
    for (const market of ctx.markets) {
      const { index, ticker, exchangeIndex } = market;
      const position = Math.abs(ctx.ledger.position(index));
      const limit = ctx.risk.limitsOf(market).position;
      if (exchangeIndex === group.exchangeIndex && position > limit)
        return `${ticker} holds ${position / 100} contracts, limit ${limit / 100}`;
    }
    return '';
  }

  private isCompared(group: ShardGroup): boolean {
    return this.events.compared() >= (this.comparedThen.get(group) ?? 0) + COMPARISONS;
  }

  /** Nothing of the shard rests or may come to, the account has been compared, and nothing else stands against it. */
  private isClean(group: ShardGroup): boolean {
    const { ctx } = this;
    if (!ctx.linkUp || !ctx.reconciled || !this.events.permits()) return false;
    if (group.cause !== 'pull' && !this.isCompared(group)) {
      this.events.compare();
      return false;
    }
    const its = ctx.markets.filter((market) => market.exchangeIndex === group.exchangeIndex);
    return its.every(({ index }) => SIDES.every((side) => ctx.orders.on(index, side).length === 0));
  }

  private reset(group: ShardGroup): void {
    const { ctx } = this;
    if (!ctx.writes.take(ctx.costs.defaultCost, 0, ctx.now)) return;
    const { cause } = group;
    const again = (): void => {
      this.retryAt.set(group, ctx.after(ctx.config.timing.retryMs));
      if (group.life === 'resetting') group.life = 'triggered';
    };
    group.life = 'resetting';
    callGroup(ctx, group, 'reset', (outcome) => {
      if (group.life !== 'resetting') return;
      const result = resultOf(outcome);
      if (result === 'done') return this.wasReset(group, cause);
      if (result === 'gone') return this.lost(group, 'the exchange does not know it');
      if (result === 'refused') return again();
      readGroup(ctx, group, (record) => {
        if (group.life !== 'resetting') return;
        if (record?.armed === true) this.wasReset(group, cause);
        else again();
      });
    });
  }

  private wasReset(group: ShardGroup, cause: TriggerCause): void {
    const { ctx } = this;
    const byOperator = group.isResetOrdered;
    if (cause !== 'pull' && !byOperator) group.resets++;
    group.arm();
    this.told.delete(group);
    ctx.touchAll();
    const { id, exchangeIndex: shard, resets } = group;
    const why =
      cause === 'pull' ? 'nothing rests after the mass cancel' : byOperator ? 'by the operator' : 'cooled off';
    const text = `order group ${id} on shard ${shard} reset: ${why}`;
    ctx.report('info', 'group_reset', text, { group: id, shard, resets, policy: byOperator ? 'operator' : cause });
  }
}
