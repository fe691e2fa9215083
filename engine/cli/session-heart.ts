import type { EngineReport } from '../core/index.ts';
import { Heartbeat } from '../ops/heartbeat.ts';
import type { SessionOptions } from './session.ts';

/** The heart of a session, null where it is to beat to nobody. */
export function openHeart(options: SessionOptions, report: (report: EngineReport) => void): Heartbeat | null {
  const { heartbeat, config, strategy, nowNs } = options;
  if (heartbeat === undefined) return null;
  const { path, environment } = heartbeat;
  const { sessionId: session, clientPrefix, subaccount, tickers } = config;
  const hello = { session, pid: process.pid, environment, clientPrefix, subaccount, strategy: `${strategy.name}` };
  return new Heartbeat({ path, hello, tickers, nowMs: () => nowNs() / 1e6, report });
}
