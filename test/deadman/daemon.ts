// A daemon for drills: quotes the exchange at a port, beats to a watchdog, and on the message `loop` loops for ever in
// its strategy: `node daemon.ts PORT KEY_ID KEY_FILE SOCKET SESSION`. Tells when it quotes, and what it reports.
import { engineConfig, readConfig } from '../../engine/cli/config.ts';
import { openSession } from '../../engine/cli/open.ts';
import { createLadder } from '../../strategies/ladder/index.ts';

const [port, keyId, keyPath, socket, sessionId] = process.argv.slice(2);
const file = readConfig(new URL('../../config/paper.yaml', import.meta.url).pathname);
const ladder = createLadder({});
let loops = false;
process.on('message', (message) => {
  if (message === 'loop') loops = true;
});
// Whoever drills is gone.
process.on('disconnect', () => process.exit());

const config = engineConfig(file, sessionId!, ['SYN-A-T50', 'SYN-A-T60']);
const session = openSession({
  title: 'drill',
  // It finds the group again that the watchdog triggered on the one before.
  config: { ...config, groups: { ...config.groups, resetFound: true } },
  strategy: {
    ...ladder,
    name: 'looper',
    quote(view, quotes) {
      while (loops);
      return ladder.quote(view, quotes);
    },
  },
  hosts: { restUrl: `http://127.0.0.1:${port}/trade-api/v2`, wsUrl: `ws://127.0.0.1:${port}/trade-api/ws/v2` },
  keyId: keyId!,
  keyPath: keyPath!,
  orders: file.orders,
  journalFolder: null,
  forMs: 0,
  heartbeat: { path: socket!, environment: 'paper' },
});
process.exitCode = await session.run();
process.removeAllListeners('disconnect');
if (process.connected) process.disconnect();
setTimeout(() => process.exit(), 500).unref();
