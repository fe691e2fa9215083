import {
  App,
  type TemplatedApp,
  type us_listen_socket,
  us_listen_socket_close,
  us_socket_local_port,
} from 'uWebSockets.js';

/** uSockets' flag that keeps the kernel from sharing the port with another listener. */
const EXCLUSIVE_PORT = 1;

/** The native listen takes host, port, options and callback together; the package's types leave that overload out. */
type ListenExclusively = (
  host: string,
  port: number,
  options: number,
  done: (socket: us_listen_socket | false) => void,
) => void;

/** A server that is listening. */
export interface Listening {
  readonly port: number;
  close(): void;
}

/** Listen on exactly this host and port; null when somebody else does. */
export function listenExclusively(app: TemplatedApp, host: string, port: number): Promise<Listening | null> {
  const listen = app.listen.bind(app) as unknown as ListenExclusively;
  return new Promise((resolve) => {
    listen(host, port, EXCLUSIVE_PORT, (socket) => {
      if (socket === false) return resolve(null);
      const at = us_socket_local_port(socket as unknown as Parameters<typeof us_socket_local_port>[0]);
      resolve({ port: at, close: () => us_listen_socket_close(socket) });
    });
  });
}

export { App };
