import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CaptureError, readCapture } from '../journal/capture.ts';
import { BookReplay } from './replay-books.ts';
import { isBroken, type ReplayReport, reportJson, reportLines, totalLines, totalOf } from './replay-report.ts';
import { UsageError } from './usage.ts';

const HELP = `hundred replay - drive the decoder and the books from recordings and say what they hold

usage: hundred replay FILE... [options]

  --yes-prices   the recording was subscribed with use_yes_price (journals say so themselves)
  --json         one JSON document on standard output
  --help         this text

FILE is a capture or a session journal: newline-delimited JSON, plain, gzip or zstd.

examples:
  hundred replay capture.ndjson.gz
  hundred replay journals/*.ndjson.zst --json | jq .files[0].markets

exit status: 0 every book held, 1 a book broke (negative, crossed or locked level, delta before a snapshot,
unreadable frame), 2 a file could not be read to its end (what was read before is reported all the same).
Sequence breaks are reported and do not break a book by themselves.`;

const PROGRESS_MS = 250;

/**
 * Replay one file. What was read before an error is in the report all the same.
 * @param onProgress told the number of frames now and then
 */
export async function replayFile(
  path: string,
  yesPrices: boolean,
  onProgress?: (frames: number) => void,
): Promise<{ report: ReplayReport; error: CaptureError | null }> {
  const replay = new BookReplay(yesPrices);
  const start = performance.now();
  let told = start;
  let error: CaptureError | null = null;
  try {
    for await (const batch of readCapture(path)) {
      for (const line of batch) replay.take(line);
      if (onProgress === undefined || performance.now() < told + PROGRESS_MS) continue;
      told = performance.now();
      onProgress(replay.frames);
    }
  } catch (caught) {
    if (!(caught instanceof CaptureError)) throw caught;
    error = caught;
  }
  return { report: replay.report(path, performance.now() - start), error };
}

/** `hundred replay`. Resolves with the exit status. @throws UsageError */
export async function replayCommand(args: string[]): Promise<number> {
  const options = {
    json: { type: 'boolean', default: false },
    'yes-prices': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (positionals.length === 0) throw new UsageError('replay needs at least one FILE (see hundred replay --help)');
  let status = 0;
  const reports: ReplayReport[] = [];
  const files: unknown[] = [];
  for (const path of positionals) {
    const { report, error } = await replayFile(resolve(path), values['yes-prices'], progressOf(path));
    const shown = { ...report, file: path };
    reports.push(shown);
    if (values.json) files.push({ ...reportJson(shown), error: error === null ? null : error.message });
    else if (error === null || report.lines > 0) console.log(reportLines(shown).join('\n'));
    if (error !== null) console.error(`replay: ${error.message}`);
    if (error !== null) status = 2;
    else if (isBroken(report)) status = Math.max(status, 1);
  }
  if (values.json) console.log(JSON.stringify({ files, total: totalOf(reports) }, null, 2));
  else if (reports.length > 1) console.log(totalLines(reports).join('\n'));
  return status;
}

/** A line that counts up on the terminal of whoever watches; nothing where nobody does. */
function progressOf(path: string): ((frames: number) => void) | undefined {
  if (!process.stderr.isTTY) return undefined;
  return (frames) => process.stderr.write(`\r${path}: ${frames.toLocaleString('en-US')} frames\u001b[K\r`);
}
