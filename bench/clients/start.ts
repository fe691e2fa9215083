/** How a client under test is started: as a child process with this as its one argument (JSON). */
export interface ClientStart {
  readonly port: number;
  /** API key id, and the name the harness knows the client by. */
  readonly keyId: string;
  /** PEM file of the private key. */
  readonly keyPath: string;
  /** A folder of its own, removed afterwards. */
  readonly folder: string;
}

/** How the server of the receive measurement is started. Both ends make the same frames. */
export interface BlasterStart {
  readonly markets: number;
  readonly frames: number;
  /** For TLS; null for none. */
  readonly certificate: { readonly cert: string; readonly key: string } | null;
}

/** Ways to receive: which socket, and what is done with a frame. */
export const WAYS = ['ws-json', 'ws-book', 'raw-book', 'ws-count', 'raw-count'] as const;
export type Way = (typeof WAYS)[number];

/** How a client of the receive measurement is started. */
export interface ReceiverStart {
  readonly markets: number;
  readonly frames: number;
  readonly way: Way;
}

/** What it is asked, once a round. */
export interface ReceiveRun {
  readonly url: string;
  /** PEM certificate to trust, null for none. */
  readonly ca: string | null;
}

/** What it answers. */
export interface Received {
  /** User and system time of the whole process, from the request to the last frame. */
  readonly cpuUs: number;
  readonly wallUs: number;
  readonly sum: number;
  readonly frames: number;
  /** Why it failed, or ''. */
  readonly error: string;
}

/** Read it back in the child. */
export function readStart<Start = ClientStart>(): Start {
  const [json] = process.argv.slice(2);
  if (json === undefined) throw new Error('a client under test is started by the benchmark, not by hand');
  return JSON.parse(json) as Start;
}

/** Tell the benchmark that ticks may come. */
export function ready(): void {
  process.send?.('ready');
}
