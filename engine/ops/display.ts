import type { EngineReport, EngineStatus } from '../core/index.ts';
import { type LatencyView, plainLines, screenLines } from './screen.ts';

/** Where a session shows itself: a redrawn screen for a person, plain lines for anything else. */
export interface Display {
  show(status: EngineStatus, latency: LatencyView): void;
  report(report: EngineReport): void;
  print(line: string): void;
  /** Leave the screen as it was found. */
  close(): void;
}

/** How many reports the screen keeps in sight. */
const KEEP_REPORTS = 8;
const PLAIN_EVERY = 5;

/** The display that fits standard output. */
export function openDisplay(title: string): Display {
  // Whoever read our output may be gone; quotes still have to be pulled.
  process.stdout.on('error', () => {});
  return process.stdout.isTTY ? new ScreenDisplay(title) : new PlainDisplay();
}

function reportLine(report: EngineReport): string {
  const mark = report.level === 'info' ? '' : `${report.level}: `;
  return `${mark}${report.text}`;
}

class ScreenDisplay implements Display {
  private readonly title: string;
  private readonly reports: string[] = [];
  private open = false;

  constructor(title: string) {
    this.title = title;
  }

  show(status: EngineStatus, latency: LatencyView): void {
    if (!this.open) {
      // The alternate screen keeps what the terminal showed before.
      process.stdout.write('\x1b[?1049h\x1b[?25l');
      this.open = true;
    }
    const { columns, rows } = process.stdout;
    const lines = [
      ...screenLines(status, latency, this.title),
      '',
      ...this.reports.slice(-KEEP_REPORTS),
      '',
      'Ctrl-C stops',
    ];
    const cut = lines.slice(0, rows - 1).map((line) => `${line.slice(0, columns - 1)}\x1b[K`);
    process.stdout.write(`\x1b[H${cut.join('\n')}\x1b[J`);
  }

  report(report: EngineReport): void {
    this.reports.push(reportLine(report));
    if (this.reports.length > 100) this.reports.shift();
  }

  print(line: string): void {
    process.stdout.write(`${line}\n`);
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    process.stdout.write('\x1b[?25h\x1b[?1049l');
    for (const line of this.reports.slice(-KEEP_REPORTS)) this.print(line);
  }
}

class PlainDisplay implements Display {
  private shown = 0;

  show(status: EngineStatus, latency: LatencyView): void {
    if (this.shown++ % PLAIN_EVERY !== 0) return;
    for (const line of plainLines(status, latency)) this.print(line);
  }

  report(report: EngineReport): void {
    this.print(reportLine(report));
  }

  print(line: string): void {
    process.stdout.write(`${line}\n`);
  }

  close(): void {}
}
