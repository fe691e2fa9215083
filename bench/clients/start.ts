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

/** Read it back in the child. */
export function readStart(): ClientStart {
  const [json] = process.argv.slice(2);
  if (json === undefined) throw new Error('a client under test is started by the benchmark, not by hand');
  return JSON.parse(json) as ClientStart;
}

/** Tell the benchmark that ticks may come. */
export function ready(): void {
  process.send?.('ready');
}
