import { distance } from './config.ts';
import { UsageError } from './usage.ts';

/** Commands by name; each lives in a file of its own and is only loaded when called. */
const COMMANDS: Readonly<
  Record<string, { readonly about: string; readonly load: () => Promise<(args: string[]) => Promise<number>> }>
> = {
  start: {
    about: 'quote the embedded exchange: a synthetic market, or a recording with --feed',
    load: async () => (await import('./start.ts')).startCommand,
  },
  run: {
    about: 'quote a real venue (demo or prod) with a configuration and a key',
    load: async () => (await import('./run.ts')).runCommand,
  },
  watchdog: {
    about: "pull a daemon's orders when its heart stops beating",
    load: async () => (await import('./watchdog.ts')).watchdogCommand,
  },
  exchange: {
    about: "run the embedded exchange alone: Kalshi's protocol on this machine",
    load: async () => (await import('./exchange.ts')).exchangeCommand,
  },
  status: {
    about: 'what running daemons are doing, and why a side is not quoted',
    load: async () => (await import('./status.ts')).statusCommand,
  },
  pause: {
    about: 'have running daemons stop quoting, or only reduce',
    load: async () => (await import('./pause.ts')).pauseCommand,
  },
  resume: {
    about: 'have them quote again, leave a cause, or acknowledge level 4',
    load: async () => (await import('./pause.ts')).resumeCommand,
  },
  limit: {
    about: "change the limit of running daemons' order groups",
    load: async () => (await import('./limit.ts')).limitCommand,
  },
  panic: {
    about: 'pull everything and end every daemon, with or without them',
    load: async () => (await import('./panic.ts')).panicCommand,
  },
  replay: {
    about: 'drive the decoder and the books from recordings and report what they hold',
    load: async () => (await import('./replay.ts')).replayCommand,
  },
  bench: {
    about: 'measure the hot paths against baselines in the same run',
    load: async () => (await import('./bench.ts')).benchCommand,
  },
};

function help(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  const lines = Object.entries(COMMANDS).map(([name, c]) => `  ${name.padEnd(width)}  ${c.about}`);
  return `hundred - a low-latency market-making engine for Kalshi

usage: hundred COMMAND [options]

${lines.join('\n')}

'hundred COMMAND --help' tells more. Exit status: 0 well, 1 the work found a fault, 2 it could not be done as asked.`;
}

async function main(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === 'help' || name === '-h') {
    console.log(help());
    return name === undefined ? 2 : 0;
  }
  const command = COMMANDS[name];
  if (command === undefined) {
    const near = Object.keys(COMMANDS).find((known) => distance(known, name) <= 2);
    throw new UsageError(
      `there is no command "${name}"${near === undefined ? '' : `; did you mean "${near}"?`} (hundred --help lists them)`,
    );
  }
  return (await command.load())(rest);
}

/** A socket that lingers must not keep a finished command alive. */
const LINGER_MS = 1000;

// Whoever reads what we print may have seen enough: `hundred status | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  const isUsage = error instanceof UsageError || code?.startsWith('ERR_PARSE_ARGS') === true;
  if (!isUsage) throw error;
  console.error(`hundred: ${message}`);
  process.exitCode = 2;
}
setTimeout(() => process.exit(), LINGER_MS).unref();
