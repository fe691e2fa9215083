import type { ShardGroup } from '../risk/index.ts';
import { groupPath, groupQuery, type SingleGroup, singleGroup } from '../wire/index.ts';
import type { Context } from './context.ts';
import type { RequestOp, RequestOutcome } from './port.ts';
import { isVerdict, understood, whyNot } from './reader.ts';

/** What is done to a group that exists. */
export type GroupAction = 'trigger' | 'reset' | 'limit' | 'delete';

const OPS: Readonly<Record<GroupAction, RequestOp>> = {
  trigger: 'triggerGroup',
  reset: 'resetGroup',
  limit: 'limitGroup',
  delete: 'deleteGroup',
};

/** Of a group, what a request needs: every management call has to name its shard and subaccount (API 4). */
export type GroupName = Pick<ShardGroup, 'id' | 'exchangeIndex'>;

/** Send a management call whose tokens are already taken. */
export function callGroup(
  ctx: Context,
  group: GroupName,
  action: GroupAction,
  done: (outcome: RequestOutcome) => void,
  body = action === 'delete' ? '' : '{}',
): void {
  const path = groupPath(group.id, action === 'delete' ? undefined : action);
  const query = groupQuery(group.exchangeIndex, ctx.config.subaccount);
  ctx.write(OPS[action], action === 'delete' ? 'DELETE' : 'PUT', path, body, ctx.costs.defaultCost, done, query);
}

/**
 * What became of a management call. `gone`: there is no such group. `refused`: nothing happened, for sure. `unknown`: it
 * may have happened, and may still.
 */
export type GroupResult = 'done' | 'gone' | 'refused' | 'unknown';

export function resultOf(outcome: RequestOutcome): GroupResult {
  if (outcome.kind !== 'response') return outcome.kind === 'unsent' ? 'refused' : 'unknown';
  if (outcome.status >= 200 && outcome.status < 300) return 'done';
  if (outcome.status === 404) return 'gone';
  return isVerdict(outcome.status) ? 'refused' : 'unknown';
}

/** Read one group: null, and why, where it could not be had; `gone` true where there is none. */
export function readGroup(
  ctx: Context,
  group: GroupName,
  done: (record: SingleGroup | null, why: string, gone: boolean) => void,
): void {
  ctx.read('getGroup', groupPath(group.id), ctx.scope, ctx.costs.defaultCost, (outcome) => {
    const decoded = understood(outcome, singleGroup);
    if (decoded.kind === 'ok') done(decoded.value, '', false);
    else done(null, whyNot(decoded), decoded.kind === 'refused' && decoded.failure.status === 404);
  });
}
