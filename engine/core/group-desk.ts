import { type HaltCode, ShardGroup } from '../risk/index.ts';
import type { Count, TimeUs } from '../units/index.ts';
import { createdGroup, type GroupMessage, groupPath, Paths, subaccountField } from '../wire/index.ts';
import type { Context } from './context.ts';
import { understood, whyNot } from './reader.ts';

/** What the desk needs of the engine. */
export interface GroupEvents {
  halt(code: HaltCode, cause: string, clears: string): void;
  /** Compare our account with the exchange's as soon as possible. */
  compare(): void;
  authRefused(detail: string): void;
}

/** Our order groups, one on each shard in use: opened before the first quote, watched while there are quotes. */
export class GroupDesk {
  private readonly ctx: Context;
  private readonly events: GroupEvents;
  private readonly retryAt = new Map<ShardGroup, TimeUs>();
  private complaints = 0;

  constructor(ctx: Context, events: GroupEvents) {
    this.ctx = ctx;
    this.events = events;
  }

  /** Groups still to be armed, for status. A shard without cash takes no group: the others do not wait for it. */
  get missing(): string[] {
    const { groups, unfunded } = this.ctx;
    const wanting = [...groups.values()].filter((g) => isOpening(g) && !unfunded.has(g.exchangeIndex));
    return wanting.map((group) => `order group on shard ${group.exchangeIndex}`);
  }

  /** Open one group on each shard in use. Called once the old session's orders are gone. */
  open(): void {
    const { ctx } = this;
    for (const { exchangeIndex } of ctx.markets) {
      if (!ctx.groups.has(exchangeIndex))
        ctx.groups.set(exchangeIndex, new ShardGroup(exchangeIndex, ctx.config.groupLimit));
    }
  }

  tick(): void {
    const { ctx } = this;
    for (const group of ctx.groups.values()) {
      if (group.life !== 'absent' || ctx.unfunded.has(group.exchangeIndex)) continue;
      if (ctx.now >= (this.retryAt.get(group) ?? 0)) this.create(group);
    }
  }

  /** The exchange tells of a group. */
  heard(message: GroupMessage): void {
    for (const group of this.ctx.groups.values()) {
      if (group.id !== message.groupId) continue;
      if (message.event === 'triggered') this.triggered(group.exchangeIndex, 'the exchange says so');
      else if (message.event === 'deleted') {
        this.triggered(group.exchangeIndex, 'it was deleted by somebody else');
        group.life = 'deleted';
      }
    }
  }

  /** The exchange pulled everything of a group: stop, say why with the numbers, and wait for a person. */
  triggered(exchangeIndex: number, how: string): void {
    const { ctx } = this;
    const group = ctx.groups.get(exchangeIndex);
    if (group === undefined || group.life === 'triggered' || group.life === 'deleted') return;
    group.life = 'triggered';
    if (ctx.phase === 'stopping' || ctx.phase === 'stopped') return;
    const filled = group.rolling(ctx.now) / 100;
    const limit = group.limit / 100;
    const cause = `order group ${group.id} on shard ${exchangeIndex} triggered (${how}): ${filled} contracts filled in the last 15 s, limit ${limit}`;
    const clears = 'find out why, then restart the daemon: a triggered group is never reset by itself';
    this.events.halt('group_triggered', cause, clears);
    this.events.compare();
  }

  private create(group: ShardGroup): void {
    const { ctx } = this;
    if (!ctx.writes.take(ctx.costs.defaultCost, 0, ctx.now)) return;
    group.life = 'creating';
    const body = JSON.stringify({
      contracts_limit_fp: (group.limit / 100).toFixed(2),
      exchange_index: group.exchangeIndex,
      ...subaccountField(ctx.config.subaccount),
    });
    ctx.write('createGroup', 'POST', Paths.createGroup, body, ctx.costs.defaultCost, (outcome) => {
      const decoded = understood(outcome, createdGroup);
      if (decoded.kind !== 'ok') {
        // A lost answer may leave an unused empty group behind; it holds no orders and does no harm.
        group.life = 'absent';
        this.failed(group, whyNot(decoded), decoded.kind === 'refused' ? decoded.failure.status : 0);
        return;
      }
      group.id = decoded.value.groupId;
      this.armed(group);
    });
  }

  private armed(group: ShardGroup): void {
    const { ctx } = this;
    group.life = 'armed';
    ctx.port.expect?.('PUT', groupPath(group.id, 'trigger'), true);
    ctx.touchAll();
    const contracts = ((group.limit as Count) / 100).toFixed(2);
    const text = `order group ${group.id} armed on shard ${group.exchangeIndex}: ${contracts} contracts per 15 s`;
    ctx.report('info', 'group_armed', text);
  }

  private failed(group: ShardGroup, why: string, status: number): void {
    const { ctx } = this;
    const name = `order group on shard ${group.exchangeIndex}`;
    this.retryAt.set(group, ctx.after(ctx.config.timing.retryMs));
    if (status === 401) this.events.authRefused(`${name}: ${why}`);
    if (this.complaints++ % 10 === 0) ctx.report('warn', 'setup_retry', `${name} not available yet: ${why}`);
  }
}

function isOpening(group: ShardGroup): boolean {
  return group.life === 'absent' || group.life === 'creating';
}
