import { latchPath, readLatch } from '../ops/latch.ts';
import { UsageError } from './usage.ts';

/** No daemon starts where one went off before a person has acknowledged it. @throws UsageError */
export function refuseWhenOff(statusFolder: string): void {
  const latch = readLatch(statusFolder);
  if (latch === null) return;
  const at = latch.atMs === 0 ? '' : ` at ${new Date(latch.atMs).toISOString()}`;
  throw new UsageError(
    `everything went off${at}: ${latch.cause}. Find out why, then run 'hundred resume --acknowledge' (it removes ${latchPath(statusFolder)}) and start again`,
  );
}
