import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { screenLines } from '../ops/screen.ts';
import { sourceLines } from '../ops/sources.ts';
import { isAlive, readStatusFiles, type StatusRecord } from '../ops/status-file.ts';
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
Exit status: 0 every daemon runs; 1 one is halted or restricted by a level, silent for more than ${SILENT_MS / 1000} s, or died without a word; 2 none runs.`;

const OPTIONS = {
  folder: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** How a daemon is. `died`: its file is there and its process is not. */
type Health = 'running' | 'halted' | 'silent' | 'died';

/** `hundred status`. Resolves with the exit status. */
export async function statusCommand(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS, allowPositionals: false });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const folder = resolve(values.folder ?? STATUS_FOLDER);
  const records = readStatusFiles(folder);
  if (records.length === 0) {
    throw new UsageError(`no daemon runs from here: ${folder} holds no status (--folder names another place)`);
  }
  const now = Date.now();
  const all = records.map((record) => ({ health: healthOf(record, now), silentMs: now - record.writtenMs, record }));
  if (values.json)
    console.log(JSON.stringify(all.map(({ health, silentMs, record }) => ({ health, silentMs, ...record }))));
  else for (const { health, silentMs, record } of all) console.log(linesOf(record, health, silentMs).join('\n'));
  return all.every(({ health }) => health === 'running') ? 0 : 1;
}

function healthOf(record: StatusRecord, nowMs: number): Health {
  if (!isAlive(record.pid)) return 'died';
  if (nowMs - record.writtenMs > SILENT_MS) return 'silent';
  return record.status.halts.length > 0 ? 'halted' : 'running';
}

function linesOf(record: StatusRecord, health: Health, silentMs: number): string[] {
  const who = `session ${record.sessionId}, process ${record.pid}`;
  const { level, halts } = record.status;
  const causes = halts.map((h) => (h.market === '' ? h.code : `${h.code}/${h.market}`)).join(', ');
  const words: Readonly<Record<Health, string>> = {
    running: `${who}: running`,
    halted: `${who}: HALTED OR RESTRICTED, level ${level} ${LEVEL_NAMES[level]}: ${causes}`,
    silent: `${who}: SILENT for ${Math.round(silentMs / 1000)} s: it hangs or is frozen, and its orders may rest; end it (kill -9) and start it again`,
    died: `${who}: DIED without a word ${Math.round(silentMs / 1000)} s ago: its orders may rest; start it again to have them cancelled`,
  };
  const { status, latency, title, sources = [] } = record;
  return [words[health], ...screenLines(status, latency, title), ...sourceLines(sources), ''];
}
