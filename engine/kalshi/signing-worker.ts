import type { KeyObject } from 'node:crypto';
import { setPriority } from 'node:os';
import { workerData } from 'node:worker_threads';
import { Signer } from './keys.ts';
import { type RingMemory, SignatureRing } from './signature-ring.ts';

/** Signatures to be made: of one method and path, for the grid moments from `from` up to, without, `to`. */
export interface SigningJob {
  readonly ring: RingMemory;
  readonly method: string;
  readonly path: string;
  readonly stepMs: number;
  readonly from: number;
  readonly to: number;
}

/** What the signing thread is started with. The key travels as an object whose bytes JavaScript never sees. */
export interface SigningData {
  readonly keyId: string;
  readonly key: KeyObject;
}

/** Do some jobs. */
export function signAhead(signer: Signer, jobs: readonly SigningJob[]): void {
  for (const { ring, method, path, stepMs, from, to } of jobs) {
    const slots = new SignatureRing(ring);
    for (let k = from; k < to; k++) {
      const timestampMs = k * stepMs;
      slots.put(k, String(timestampMs), signer.sign(method, path, timestampMs));
    }
  }
}

let signer: Signer | null = null;

/** The signing thread's task. */
export default function work(jobs: readonly SigningJob[]): void {
  if (signer === null) {
    const { keyId, key } = workerData as SigningData;
    signer = new Signer(keyId, key);
    try {
      // On Linux this is the calling thread's own: the engine's goes first where they share a core.
      setPriority(10);
    } catch {
      // Not allowed here: it then runs as everything does.
    }
  }
  signAhead(signer, jobs);
}
