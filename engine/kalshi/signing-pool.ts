import type { KeyObject } from 'node:crypto';
import { Piscina } from 'piscina';
import type { Clock } from './clock.ts';
import type { Signer } from './keys.ts';
import { type PreparedOptions, PreparedSigner } from './prepared-signer.ts';
import type { SigningData, SigningJob } from './signing-worker.ts';

/** A signer whose signatures are made ahead by a thread of its own. */
export interface SigningPool {
  readonly signer: PreparedSigner;
  /** End the thread. Requests are signed in line from now on. */
  close(): Promise<void>;
}

/** Start the thread. */
export function openSigningPool(
  signer: Signer,
  clock: Clock,
  onTrouble: (text: string) => void,
  options: PreparedOptions = {},
): SigningPool {
  const pool = new Piscina<readonly SigningJob[], void>({
    filename: new URL('./signing-worker.ts', import.meta.url).href,
    minThreads: 1,
    maxThreads: 1,
    workerData: signer.withKey((keyId: string, key: KeyObject): SigningData => ({ keyId, key })),
  });
  // A thread that dies outside of a task is replaced with the next one; the task that finds out tells.
  pool.on('error', () => {});
  const prepared = new PreparedSigner(signer, clock, (jobs) => pool.run(jobs), onTrouble, options);
  return {
    signer: prepared,
    close: async () => {
      prepared.close();
      await pool.destroy();
    },
  };
}
