/** How a client under test is started: as a child process with this as its one argument (JSON). */
export interface ClientStart {
  readonly port: number;
  /** API key id, and the name the harness knows the client by. */
  readonly keyId: string;
  /** PEM file of the private key. */
  readonly keyPath: string;
  /** A folder of its own, removed afterwards. */
  readonly folder: string;
  /** Send over the raw socket with signatures made ahead. */
  readonly fast: boolean;
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

/** Ways to send a batch: what it travels by, and how it comes by its signature. */
export const SEND_WAYS = [
  'raw-ahead-rsa',
  'raw-ahead-ed25519',
  'raw-inline-rsa',
  'raw-inline-ed25519',
  'undici-ahead-rsa',
  'pool',
  'sdk',
] as const;
export type SendWay = (typeof SEND_WAYS)[number];

/** How the server of the sending measurement is started. */
export interface OrderServerStart {
  readonly certPath: string;
  readonly keyPath: string;
  /** Public keys by API key id, PEM. */
  readonly publicKeys: Readonly<Record<string, string>>;
}

/** How a client of it is started. API key ids are the names of the algorithms. */
export interface SenderStart {
  readonly way: SendWay;
  readonly restUrl: string;
  readonly ca: string;
  readonly privateKeys: Readonly<Record<'rsa' | 'ed25519', string>>;
}

/** What a client is asked, once a round. */
export interface SendRun {
  /** At most, and no more than fit into this time. */
  readonly requests: number;
  readonly budgetMs: number;
  /** Orders in each. */
  readonly orders: number;
}

/** What it answers: medians over its requests. */
export interface Sent {
  readonly requests: number;
  /** From having decided to having the whole answer. */
  readonly roundTripNs: number;
  /** Of that, on the engine's thread before it is free again. */
  readonly costNs: number;
  readonly error: string;
}

/** What the client without a socket is asked: how long to watch its loop, 0 for not at all. */
export interface SendCostRun {
  readonly gapMs: number;
}

/** What it answers, ns: for one order and for twenty, encoded and by JSON.stringify; one signature taken, and made. */
export interface SendCosts {
  readonly encodeNs: readonly number[];
  readonly plainNs: readonly number[];
  readonly takeNs: number;
  readonly signNs: number;
  /** Gaps of the loop, p99.99, without and with the signing thread at work. */
  readonly gapNs: readonly number[];
  readonly gapSigningNs: readonly number[];
  readonly error: string;
}

/** What the server has seen since it was last asked. */
export interface OrdersSeen {
  readonly requests: number;
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

/** How the crowd of feed clients is started. */
export interface CrowdStart {
  readonly port: number;
  readonly members: number;
  /** The HTTP request that opens a feed. */
  readonly upgrade: string;
  /** The command that subscribes; '' for none. */
  readonly hello: string;
}

/** What the crowd says: everybody has a first frame, or what has come since the last `reset`. */
export type CrowdAnswer =
  | { readonly kind: 'open' }
  | {
      readonly kind: 'count';
      readonly frames: number;
      readonly wrong: string;
      readonly p50Us: number;
      readonly p99Us: number;
    };

/** How the clients that place orders are started. */
export interface OrdersStart {
  readonly port: number;
  readonly ticker: string;
  readonly keyId: string;
  readonly privatePem: string;
  /** Start of every client order id. */
  readonly run: string;
  readonly connections: number;
  readonly orders: number;
}

export interface OrdersAnswer {
  readonly accepted: number;
  readonly wrong: string;
  readonly wallUs: number;
}
