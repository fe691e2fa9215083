// A daemon that quotes the exchange at a port and then meets a bug, or none: `node ... PORT KEY_ID KEY_FILE HOW SESSION LEFTOVERS`.
import { engineConfig, readConfig } from '../../engine/cli/config.ts';
import { openSession } from '../../engine/cli/open.ts';
import { Engine } from '../../engine/core/index.ts';
import { createLadder } from '../../strategies/ladder/index.ts';

const [port, keyId, keyPath, how, sessionId = 'failing1', leftovers = 'cancel'] = process.argv.slice(2);
const config = readConfig(new URL('../../config/paper.yaml', import.meta.url).pathname);
const strategy = createLadder({});

const session = openSession({
  title: 'failing',
  config: {
    ...engineConfig(config, sessionId, ['SYN-A-T50', 'SYN-A-T60']),
    leftovers: leftovers === 'adopt' ? 'adopt' : 'cancel',
  },
  strategy,
  hosts: { restUrl: `http://127.0.0.1:${port}/trade-api/v2`, wsUrl: `ws://127.0.0.1:${port}/trade-api/ws/v2` },
  keyId: keyId!,
  keyPath: keyPath!,
  journalFolder: null,
  forMs: 0,
  onRunning: () => {
    setTimeout(() => {
      if (how === 'engine') {
        // The engine guards what a strategy does: this throws in the middle of the engine itself.
        Engine.prototype.onFrame = () => {
          throw new TypeError('a bug in the engine');
        };
      }
      if (how === 'exception') throw new TypeError('a bug in a timer');
      if (how === 'rejection') void Promise.reject(new TypeError('a bug in a promise'));
    }, 1500);
  },
});
process.exitCode = await session.run();
setTimeout(() => process.exit(), 500).unref();
