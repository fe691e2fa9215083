import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineReport } from '../core/index.ts';
import { JournalWriter } from '../journal/index.ts';
import type { SessionOptions } from './session.ts';
import { UsageError } from './usage.ts';

type JournalOptions = Pick<SessionOptions, 'journalFolder' | 'config' | 'version' | 'nowUs'>;

/** Where a session's journal is. */
export function journalPath({ journalFolder, config }: JournalOptions): string {
  return join(journalFolder ?? '', `${config.sessionId}.ndjson.zst`);
}

/** Begin a session's journal; null where none is wanted. @throws UsageError for a folder that cannot be made */
export function openJournal(options: JournalOptions, onTrouble: (report: EngineReport) => void): JournalWriter | null {
  const { journalFolder, version, config, nowUs } = options;
  if (journalFolder === null) return null;
  try {
    mkdirSync(journalFolder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `journal folder ${journalFolder} cannot be made (${code}): pass --journal FOLDER or --no-journal`,
    );
  }
  const trouble = (text: string): void => onTrouble({ level: 'error', code: 'journal', text });
  const journal = new JournalWriter({ path: journalPath(options), onTrouble: trouble });
  journal.session(JSON.stringify({ version, use_yes_price: true, config }), nowUs());
  return journal;
}
