import { type ParamSpecs, type ParamsOf, specsFault } from './params.ts';
import type { Strategy } from './strategy.ts';

/**
 * Version of the strategy contract: everything in `strategy.ts`, `plugin.ts`, `params.ts`, `reason.ts`,
 * `event-view.ts`, `external.ts`, `incentive.ts` and what the view hands out of `market` and `units`. The first number
 * changes when a strategy that was right may no longer be; the second when something is added.
 */
export const STRATEGY_API = '1.1';

/** What a strategy's module exports by default. */
export interface StrategyPlugin<S extends ParamSpecs = ParamSpecs> {
  /** The contract it was written for, as `STRATEGY_API` was then: `1.0`. */
  readonly api: string;
  readonly name: string;
  /** What it does, in one line. */
  readonly about: string;
  readonly params: S;
  /** Make one for a session: one object for all its markets. `params` is complete and checked. */
  create(params: ParamsOf<S>): Strategy;
}

/** A plugin as it is, its parameters' types inferred from their description. */
export function defineStrategy<const S extends ParamSpecs>(plugin: StrategyPlugin<S>): StrategyPlugin<S> {
  return plugin;
}

/** Why a strategy written for `api` cannot run here, '' when it can: the same first number, a second not above ours. */
export function apiFault(api: unknown): string {
  const [major, minor] = STRATEGY_API.split('.').map(Number) as [number, number];
  const match = typeof api === 'string' ? /^(\d+)\.(\d+)$/.exec(api) : null;
  if (match === null) return `it does not say which strategy API it was written for (api: '${STRATEGY_API}')`;
  if (Number(match[1]) === major && Number(match[2]) <= minor) return '';
  const cure = Number(match[1]) < major ? 'the strategy has to be brought up to date' : 'it needs a newer hundred';
  return `it was written for strategy API ${api} and this is ${STRATEGY_API}: ${cure}`;
}

/** What is wrong with a module's default export, '' when it is a plugin that can run here. */
export function pluginFault(value: unknown): string {
  if (typeof value !== 'object' || value === null) return 'it has no default export that describes a strategy';
  const plugin = value as Partial<StrategyPlugin>;
  const fault = apiFault(plugin.api);
  if (fault !== '') return fault;
  if (typeof plugin.name !== 'string' || !/^[\w.-]{1,40}$/.test(plugin.name)) {
    return 'its name is not 1 to 40 letters, digits, dots, dashes or underscores';
  }
  if (typeof plugin.about !== 'string') return 'it does not say what it is about';
  if (typeof plugin.create !== 'function') return 'it has no function create(params)';
  return specsFault(plugin.params);
}
