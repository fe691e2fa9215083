import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { latchPath, readLatch } from '../ops/latch.ts';
import { screenLines } from '../ops/screen.ts';
import { sourceLines } from '../ops/sources.ts';
import { isAlive, readStatusFolder, type StatusRecord } from '../ops/status-file.ts';
import { LEVEL_NAMES } from '../risk/index.ts';
import { UsageError } from './usage.ts';

/** Where daemons leave their status unless told otherwise, below the working folder. */
export const STATUS_FOLDER = join('.hundred', 'status');
/** A daemon writes every second: silent for longer than this, it hangs or is frozen. */
const SILENT_MS = 5000;

const HELP = `hundred status - what the daemons started from this folder are doing, and why a side is not quoted

usage: hundred status [options]

  --folder FOLDER    where the daemons write their status (default ${STATUS_FOLDER})
  --json             as JSON: a list of daemons
  --help             this text

A daemon replaces its file in that folder every second and removes it when it ends.
Exit status: 0 every daemon runs; 1 one is paused, halted or restricted by a level, silent for more than ${SILENT_MS / 1000} s, has died
without a word, or its file is damaged; 2 none runs.`;

const OPTIONS = {
  folder: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** How a daemon is. `died`: its file is there and its process is not. */
type Health = 'running' | 'paused' | 'halted' | 'silent' | 'died';

/** `hundred status`. Resolves with the exit status. */
export async function statusCommand(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS, allowPositionals: false });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const folder = resolve(values.folder ?? STATUS_FOLDER);
  const { records, faults } = readStatusFolder(folder);
  for (const fault of faults) console.error(`hundred: ${fault}`);
  if (records.length === 0) {
    const holds = faults.length === 0 ? `${folder} holds no status` : 'no status there can be read';
    throw new UsageError(`no daemon runs from here: ${holds} (--folder names another place)${latchText(folder)}`);
  }
  const now = Date.now();
  const all = records.map((record) => ({ health: healthOf(record, now), silentMs: now - record.writtenMs, record }));
  if (values.json)
    console.log(JSON.stringify(all.map(({ health, silentMs, record }) => ({ health, silentMs, ...record }))));
  else for (const { health, silentMs, record } of all) console.log(linesOf(record, health, silentMs).join('\n'));
  const latch = latchText(folder);
  if (latch !== '') console.error(`hundred: ${latch.slice(2)}`);
  return faults.length === 0 && all.every(({ health }) => health === 'running') ? 0 : 1;
}

/** That no daemon will start from here, and what to do about it. */
function latchText(folder: string): string {
  const latch = readLatch(folder);
  if (latch === null) return '';
  return `; none starts: ${latchPath(folder)} was set by level 4 (${latch.cause}), 'hundred resume --acknowledge' removes it`;
}

function healthOf(record: StatusRecord, nowMs: number): Health {
  if (!isAlive(record.pid, record.born)) return 'died';
  if (nowMs - record.writtenMs > SILENT_MS) return 'silent';
  if (record.status.halts.length > 0) return 'halted';
  return record.status.paused ? 'paused' : 'running';
}

function linesOf(record: StatusRecord, health: Health, silentMs: number): string[] {
  const who = `session ${record.sessionId}, process ${record.pid}`;
  const { level, halts } = record.status;
  const causes = halts.map((h) => (h.market === '' ? h.code : `${h.code}/${h.market}`)).join(', ');
  const words: Readonly<Record<Health, string>> = {
    running: `${who}: running`,
    paused: `${who}: PAUSED by an operator; 'hundred resume' has it quote again`,
    halted: `${who}: HALTED OR RESTRICTED, level ${level} ${LEVEL_NAMES[level]}: ${causes}`,
    silent: `${who}: SILENT for ${Math.round(silentMs / 1000)} s: it hangs or is frozen, and its orders may rest: 'hundred panic' pulls them and ends it`,
    died: `${who}: DIED without a word ${Math.round(silentMs / 1000)} s ago: its orders may rest: 'hundred panic' pulls them, and so does starting it again`,
  };
  return [words[health], ...screenOf(record), ''];
}

function screenOf({ version, status, latency, title, sources = [] }: StatusRecord): string[] {
  try {
    return [...screenLines(status, latency, title), ...sourceLines(sources)];
  } catch {
    return [`${title}: what it does cannot be shown: version ${version} says it differently; --json has all of it`];
  }
}
