import { parseArgs } from 'node:util';
import { isCommand } from './control-server.ts';
import { COMMON, tellAll } from './pause.ts';
import { STATUS_FOLDER } from './status.ts';
import { UsageError } from './usage.ts';

const HELP = `hundred limit - change the limit of running daemons' order groups

usage: hundred limit CONTRACTS [options]

  CONTRACTS          may fill in 15 seconds, 1 to 1000000, before the exchange pulls everything; until the daemon ends
  --shard N          only of the group on this shard (default: all)
  --session ID       only this session (default: all that run from here)
  --folder FOLDER    where the daemons write their status (default ${STATUS_FOLDER})
  --json             as JSON: a list of daemons and their answers
  --help             this text

examples:
  hundred limit 250
  hundred limit 40 --shard 2

A limit that has filled already is set once it has not: it would trigger the group at once.
Exit status: 0 every daemon did it; 1 one refused or did not answer; 2 none runs.`;

/** `hundred limit`. Resolves with the exit status. */
export async function limitCommand(args: string[]): Promise<number> {
  const options = { ...COMMON, shard: { type: 'string' } } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const [contracts, ...others] = positionals;
  if (values.shard !== undefined && !/^\d{1,3}$/.test(values.shard))
    throw new UsageError(`--shard ${values.shard}: expected the number of a shard, such as 0`);
  const where = values.shard === undefined ? '' : `/${values.shard}`;
  const command = `limit ${contracts}${where}`;
  if (contracts === undefined || others.length > 0 || !isCommand(command))
    throw new UsageError(
      `limit ${positionals.join(' ')}: expected one number of contracts, such as 250 (see hundred limit --help)`,
    );
  return tellAll(command, values);
}
