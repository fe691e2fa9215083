import type { EngineReport } from '../core/index.ts';
import type { Session } from './session.ts';

const SOCKET = 'HUNDRED_WATCHDOG_SOCKET';
const GIVEN_UP = 'HUNDRED_GIVEN_UP';
const RESET_GROUPS = 'HUNDRED_RESET_GROUPS';

/** What a supervisor tells the daemon it started. */
export type SupervisorMessage =
  | { readonly type: 'signal' }
  | { readonly type: 'stop' }
  | ({ readonly type: 'say' } & Pick<EngineReport, 'level' | 'code' | 'text'>);

/** How this process is supervised, null when nobody does. */
export interface Supervision {
  /** Where its heart has to beat to. */
  readonly path: string;
  /** Markets that its strategy was stuck on in an earlier life, and how. */
  readonly givenUp: Readonly<Record<string, string>>;
  /** Order groups found triggered are reset: it was the watchdog who triggered them. Null in a first life. */
  readonly resetGroups: boolean | null;
}

/** The environment of a daemon that is to be supervised. */
export function supervisedEnvironment({ path, givenUp, resetGroups }: Supervision): NodeJS.ProcessEnv {
  const words = { [GIVEN_UP]: JSON.stringify(givenUp), [RESET_GROUPS]: JSON.stringify(resetGroups) };
  return { ...process.env, [SOCKET]: path, ...words };
}

/** How this process is supervised. */
export function supervision(): Supervision | null {
  const { [SOCKET]: path, [GIVEN_UP]: givenUp = '{}', [RESET_GROUPS]: resetGroups = 'null' } = process.env;
  if (path === undefined || process.send === undefined) return null;
  return {
    path,
    givenUp: JSON.parse(givenUp) as Record<string, string>,
    resetGroups: JSON.parse(resetGroups) as boolean | null,
  };
}

/** Do what the supervisor says, and end in order when it is no more: nobody else would. */
export function obey(session: Session): void {
  process.on('message', (message: SupervisorMessage) => {
    if (message.type === 'signal') session.signalled();
    else if (message.type === 'stop') session.stop();
    else if (message.type === 'say') session.say(message.level, message.code, message.text);
  });
  process.on('disconnect', () => {
    session.say(
      'error',
      'unwatched',
      'the watchdog is gone: stopping, for nobody would pull the orders of this session',
    );
    session.stop();
  });
}

/** Let go of the supervisor, so that the process can end. */
export function release(): void {
  process.removeAllListeners('disconnect');
  if (process.connected) process.disconnect();
}
