// Types are stripped in a thread of their own, and the main thread only sees JavaScript. The module that strips them
// (WebAssembly) detaches an ArrayBuffer wherever it runs, and from then on every access to a typed array of that thread
// also checks whether it was this one.

import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) register('./strip-hooks.mjs', import.meta.url);
