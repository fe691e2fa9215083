import { App, type TemplatedApp, us_listen_socket_close } from 'uWebSockets.js';
import { connect, createServer } from 'node:net';

/** A server that is listening. */
export interface Listening {
  readonly port: number;
  close(): void;
}

/** True when something accepts connections there. */
function isTaken(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (taken: boolean): void => {
      socket.destroy();
      resolve(taken);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}

/** A port nobody uses. */
function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, host, () => {
      const { port } = probe.address() as { readonly port: number };
      probe.close(() => resolve(port));
    });
  });
}

/**
 * Listen on this host and port; null when somebody else does. uSockets would share a taken port with its owner, and its
 * exclusive flag would refuse a port that only has connections of a killed predecessor in TIME_WAIT: so we knock
 * first. A port is named in every case, because only then uSockets makes it reusable by a successor.
 */
export async function listenOn(app: TemplatedApp, host: string, port: number): Promise<Listening | null> {
  if (port !== 0 && (await isTaken(host, port))) return null;
  const at = port === 0 ? await freePort(host) : port;
  return new Promise((resolve) => {
    app.listen(host, at, (socket) => {
      if (socket === false) return resolve(null);
      resolve({ port: at, close: () => us_listen_socket_close(socket) });
    });
  });
}

export { App, type TemplatedApp };
