import { type DaemonAccess, isAlive, isSameAccess, readStatusFiles } from '../ops/status-file.ts';
import { UsageError } from './usage.ts';

/**
 * Two daemons that trade with one key under one client prefix in one subaccount take each other's orders for their own,
 * and cancel them. @throws UsageError when one runs from here already
 */
export function refuseTwin(statusFolder: string, access: DaemonAccess): void {
  const twin = readStatusFiles(statusFolder).find(
    (r) => isAlive(r.pid, r.born) && r.access !== null && isSameAccess(r.access, access),
  );
  if (twin === undefined) return;
  throw new UsageError(
    `session ${twin.sessionId} (process ${twin.pid}) trades with this key, client prefix and subaccount already: end it first, or give this one an account.clientPrefix of its own`,
  );
}
