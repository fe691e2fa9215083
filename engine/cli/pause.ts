import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { OperatorCommand } from '../core/index.ts';
import { latchPath, readLatch, removeLatch } from '../ops/latch.ts';
import { readStatusFolder } from '../ops/status-file.ts';
import { tellDaemon } from './control-client.ts';
import { isCommand } from './control-server.ts';
import { STATUS_FOLDER } from './status.ts';
import { UsageError } from './usage.ts';

const PAUSE_HELP = `hundred pause - have running daemons stop quoting

usage: hundred pause [options]

  --level N          raise them to level N instead: 1 reduce only, 2 cancel all, 3 flatten (docs/levels.md)
  --session ID       only this session (default: all that run from here)
  --folder FOLDER    where the daemons write their status (default ${STATUS_FOLDER})
  --json             as JSON: a list of daemons and their answers
  --help             this text

examples:
  hundred pause
  hundred pause --level 1
  hundred pause --session 3f9a1c07d2 --json

A pause ends with 'hundred resume', a level with 'hundred resume --reset CAUSE'.
Exit status: 0 every daemon did it; 1 one refused or did not answer; 2 none runs.`;

const RESUME_HELP = `hundred resume - have running daemons quote again, or let the next start

usage: hundred resume [options]

  --reset CAUSE      leave a cause in force instead: its code, or CODE/MARKET, as hundred status shows it;
                     refused while it still holds, and for causes that need a restart
  --acknowledge      remove the latch that level 4 left, after the cause is understood: daemons may start again
  --session ID       only this session (default: all that run from here)
  --folder FOLDER    where the daemons write their status (default ${STATUS_FOLDER})
  --json             as JSON: a list of daemons and their answers
  --help             this text

examples:
  hundred resume
  hundred resume --reset operator_reduce_only
  hundred resume --reset pick_off/KXHIGHNY-26JUN11-B75.5
  hundred resume --acknowledge

Exit status: 0 every daemon did it, or the latch is removed; 1 one refused or did not answer; 2 nothing to do it to.`;

const OPTIONS = {
  level: { type: 'string' },
  reset: { type: 'string' },
  acknowledge: { type: 'boolean', default: false },
  session: { type: 'string' },
  folder: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const { level, reset, acknowledge, ...COMMON } = OPTIONS;

export { COMMON };

/** How long a daemon may take to answer. */
const ANSWER_MS = 1000;

/** `hundred pause`. Resolves with the exit status. */
export async function pauseCommand(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { ...COMMON, level }, allowPositionals: false });
  if (values.help) {
    console.log(PAUSE_HELP);
    return 0;
  }
  if (values.level !== undefined && !/^[123]$/.test(values.level))
    throw new UsageError(`--level ${values.level}: expected 1, 2 or 3; for 4 there is hundred panic`);
  return tellAll(values.level === undefined ? 'pause' : (`level ${values.level}` as OperatorCommand), values);
}

/** `hundred resume`. Resolves with the exit status. */
export async function resumeCommand(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { ...COMMON, reset, acknowledge }, allowPositionals: false });
  if (values.help) {
    console.log(RESUME_HELP);
    return 0;
  }
  if (values.acknowledge && (values.reset ?? values.session) !== undefined)
    throw new UsageError('--acknowledge is about the next start, not about a running daemon: give it alone');
  if (values.acknowledge) return unlatch(resolve(values.folder ?? STATUS_FOLDER), values.json);
  if (values.reset === undefined) return tellAll('resume', values);
  const command = `reset ${values.reset}`;
  if (!isCommand(command)) throw new UsageError(`--reset ${values.reset}: expected a cause, CODE or CODE/MARKET`);
  return tellAll(command, values);
}

function unlatch(folder: string, json: boolean): number {
  const latch = readLatch(folder);
  if (latch === null) throw new UsageError(`there is no latch: ${latchPath(folder)} does not exist`);
  try {
    removeLatch(folder);
  } catch (error) {
    throw new UsageError(`the latch cannot be removed: ${(error as Error).message}`);
  }
  if (json) console.log(JSON.stringify({ removed: latchPath(folder), ...latch }));
  else {
    const at = latch.atMs === 0 ? '' : `, set ${new Date(latch.atMs).toISOString()}`;
    console.log(`removed ${latchPath(folder)}${at}: ${latch.cause}`);
  }
  return 0;
}

interface Whom {
  readonly session?: string;
  readonly folder?: string;
  readonly json: boolean;
}

/** Tell every daemon something and print what each says. */
export async function tellAll(command: OperatorCommand, whom: Whom): Promise<number> {
  const folder = resolve(whom.folder ?? STATUS_FOLDER);
  const { records, faults } = readStatusFolder(folder);
  for (const fault of faults) console.error(`hundred: ${fault}`);
  const daemons = records.filter((r) => whom.session === undefined || r.sessionId === whom.session);
  if (daemons.length === 0) {
    const known = records.map((r) => r.sessionId).join(', ');
    if (known !== '') throw new UsageError(`no session ${whom.session} runs from here, but ${known}`);
    const holds = faults.length === 0 ? `${folder} holds no status` : 'no status there can be read';
    throw new UsageError(`no daemon runs from here: ${holds} (--folder names another place)`);
  }
  const all = await Promise.all(
    daemons.map(async ({ sessionId, pid, control }) => {
      const { answer, tookMs } = await tellDaemon(control, command, ANSWER_MS);
      const nothing = {
        done: false,
        text: `no answer within ${ANSWER_MS} ms: it hangs or has died (hundred panic pulls its orders)`,
      };
      return { sessionId, pid, ...(answer ?? nothing), tookMs: Math.round(tookMs) };
    }),
  );
  if (whom.json) console.log(JSON.stringify(all));
  else for (const { sessionId, pid, text } of all) console.log(`session ${sessionId}, process ${pid}: ${text}`);
  return all.every(({ done }) => done) ? 0 : 1;
}
