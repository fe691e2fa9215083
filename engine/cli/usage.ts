/** A command line that cannot be carried out. The message is complete for a person; the exit status is 2. */
export class UsageError extends Error {}

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A duration such as `30s`, `500ms`, `1.5h`, in milliseconds. @throws UsageError */
export function durationMs(text: string, flag: string): number {
  const match = DURATION.exec(text);
  const ms = match === null ? 0 : Number(match[1]) * UNIT_MS[match[2]!]!;
  if (ms <= 0) throw new UsageError(`${flag} ${text}: expected a duration such as 30s, 500ms, 10m or 2h`);
  return ms;
}

/** A speed: a positive number, or `max` for Infinity. @throws UsageError */
export function speedOf(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const speed = Number(text);
  if (!Number.isFinite(speed) || speed <= 0) throw new UsageError(`--speed ${text}: expected a positive number or max`);
  return speed;
}

/** A whole number within bounds. @throws UsageError */
export function wholeNumber(text: string, flag: string, low: number, high: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new UsageError(`${flag} ${text}: expected a whole number from ${low} to ${high}`);
  }
  return value;
}
