import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { CommandAnswer, OperatorCommand, StopResult } from '../core/index.ts';
import { listenForOwner } from '../ops/owner-socket.ts';

/** What a daemon writes to everybody who is still connected when it ends. */
export interface EndNotice {
  readonly ended: true;
  readonly clean: boolean;
  readonly text: string;
}

/** Far longer than any command. */
const MAX_CHARS = 4096;
const COMMAND =
  /^(stop|pause|resume|panic|panic flatten|level [1-4]|reset [\w./-]{1,200}|limit \d{1,7}(\.\d{1,2})?(\/\d{1,3})?)$/;

/** True for what a daemon can be told. */
export function isCommand(text: unknown): text is OperatorCommand {
  return typeof text === 'string' && COMMAND.test(text);
}

/**
 * The control channel of a running daemon: a Unix socket that only its owner can reach. A line of JSON each way:
 * `{"command":"pause"}` is answered by `{"done":true,"text":"..."}`. Who stays connected hears of the end.
 */
export class ControlServer {
  private readonly server: Server;
  private readonly path: string;
  private readonly sockets = new Set<Socket>();
  private readonly handle: (command: OperatorCommand) => CommandAnswer;

  /** @param onTrouble told when there can be no channel: the session goes on without */
  constructor(path: string, handle: (command: OperatorCommand) => CommandAnswer, onTrouble: (text: string) => void) {
    this.path = path;
    this.handle = handle;
    this.server = createServer((socket) => this.connected(socket));
    const trouble = (error: Error): void => onTrouble(`control channel ${path}: ${error.message}`);
    this.server.on('error', trouble);
    try {
      listenForOwner(this.server, path);
      this.server.unref();
    } catch (error) {
      trouble(error as Error);
    }
  }

  /** The daemon ends. */
  end(result: StopResult): void {
    const notice: EndNotice = { ended: true, clean: result.clean, text: result.text };
    for (const socket of this.sockets) socket.end(`${JSON.stringify(notice)}\n`);
    this.server.close();
    rmSync(this.path, { force: true });
  }

  private connected(socket: Socket): void {
    this.sockets.add(socket);
    socket.unref();
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n')) {
        const line = text.slice(0, at);
        text = text.slice(at + 1);
        socket.write(`${JSON.stringify(this.answer(line))}\n`);
      }
      if (text.length > MAX_CHARS) socket.end('{"done":false,"text":"a command is one line of JSON"}\n');
    });
  }

  private answer(line: string): CommandAnswer {
    let command: unknown;
    try {
      command = (JSON.parse(line) as { readonly command?: unknown } | null)?.command;
    } catch {
      return { done: false, text: 'this is no JSON; expected {"command":"pause"}' };
    }
    if (!isCommand(command)) return { done: false, text: `there is no command ${JSON.stringify(command)}` };
    return this.handle(command);
  }
}
