/** Close code reported for a close frame that carries none. */
export const NO_CODE = 1005;

/** Bytes of ours the other end may leave unread. We send little: one that reads nothing of it is as good as dead. */
export const MAX_UNSENT_BYTES = 1024 * 1024;

/** Why a connection ended that nobody closed. */
export const LOST = 'connection lost without a close frame';

/** Characters of a refusal's body worth reading. */
export const BODY_CHARS = 200;

/** Why a connection ended that the other end closed. */
export function closeText(code: number, said: string): string {
  return `closed with code ${code}${said === '' ? '' : ` ${said}`}`;
}

/** Why a connection ended whose other end does not read. */
export function unreadText(bytes: number): string {
  return `the other end does not read: ${bytes} bytes wait to be sent`;
}

/** Why an upgrade failed that was answered with a plain response. `body` is what has been read of its body. */
export function refusalText(status: number, body: string): string {
  const text = body.slice(0, BODY_CHARS).replace(/\s+/g, ' ').trim();
  return `upgrade refused with HTTP ${status}${text === '' ? '' : ` ${text}`}`;
}
