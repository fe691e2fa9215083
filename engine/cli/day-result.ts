import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DaemonAccess } from '../ops/status-file.ts';
import { type Money, money, NO_MONEY } from '../units/index.ts';
import { UsageError } from './usage.ts';

/** P&L of an exchange day so far. */
export interface DayResult {
  /** When the day began, Unix seconds. */
  readonly dayStart: number;
  /** Micro-dollars. */
  readonly profit: Money;
}

/** Where the day's result of what an engine does in an account is kept, beside the status folder. */
export function dayPath(statusFolder: string, { keyId, clientPrefix, subaccount }: DaemonAccess): string {
  return join(dirname(statusFolder), 'day', `${encodeURIComponent(keyId)}.${clientPrefix}.${subaccount}.json`);
}

/**
 * What earlier sessions of the day that began at `dayStart` made; nothing where there was none.
 * @throws UsageError for a file that cannot be understood: the day's loss may be at its limit
 */
export function readDay(path: string, dayStart: number): Money {
  try {
    const day = JSON.parse(readFileSync(path, 'utf8')) as Partial<DayResult>;
    if (!Number.isInteger(day.dayStart)) throw new Error('it does not say of which day it is');
    const profit = money(day.profit ?? Number.NaN);
    return day.dayStart === dayStart ? profit : NO_MONEY;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NO_MONEY;
    const { message } = error as Error;
    throw new UsageError(`the day's result cannot be read: ${path}: ${message}; remove the file if you know the loss`);
  }
}

/** Keep the day's result, replaced as a whole. @throws Error of the file system */
export function writeDay(path: string, day: DayResult): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, JSON.stringify(day), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
