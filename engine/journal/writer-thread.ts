import { parentPort, workerData } from 'node:worker_threads';
import { BlockFile, diskTrouble } from './block-file.ts';
import { journalLine } from './journal-line.ts';
import { eachRecord } from './record.ts';
import type { ThreadData, ThreadMessage, WriterMessage } from './writer.ts';

/** The journal's own thread: turns chunks of records into lines, compresses them in blocks and appends those. */
class WriterThread {
  private readonly data: ThreadData;
  private file: BlockFile | null = null;
  private failed = false;
  private blockTimer: NodeJS.Timeout | null = null;

  constructor(data: ThreadData) {
    this.data = data;
    this.attempt(() => {
      this.file = new BlockFile(data.path);
    });
  }

  handle(message: ThreadMessage): void {
    if (message.type === 'close') {
      this.close();
      return;
    }
    const { chunk, used } = message;
    eachRecord(Buffer.from(chunk, 0, used), (kind, timeUs, body) => {
      if (this.failed) return;
      this.file!.add(journalLine(kind, timeUs, body));
      if (this.file!.heldLength >= this.data.blockBytes) this.flush();
    });
    if (!this.failed && this.file!.heldLength > 0)
      this.blockTimer ??= setTimeout(() => this.flush(), this.data.blockMs);
    // The memory goes back with the answer, to be filled again.
    this.tell({ type: 'taken', bytes: used, chunk });
  }

  private flush(): void {
    if (this.blockTimer !== null) clearTimeout(this.blockTimer);
    this.blockTimer = null;
    if (!this.failed) this.attempt(() => this.file!.flush());
  }

  private close(): void {
    if (this.blockTimer !== null) clearTimeout(this.blockTimer);
    if (!this.failed) this.attempt(() => this.file!.close());
    const { records, bytes, blocks } = this.file ?? { records: 0, bytes: 0, blocks: 0 };
    this.tell({ type: 'closed', records, bytes, blocks });
    parentPort!.close();
  }

  /** Do something with the disk. The first failure is told and ends all writing. */
  private attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.failed = true;
      this.tell({ type: 'failed', text: diskTrouble(this.data.path, error as NodeJS.ErrnoException) });
    }
  }

  private tell(message: WriterMessage): void {
    parentPort!.postMessage(message);
  }
}

const thread = new WriterThread(workerData as ThreadData);
parentPort!.on('message', (message: ThreadMessage) => thread.handle(message));
