/** Where a venue is reached. */
export interface Hosts {
  /** API root, e.g. `https://external-api.kalshi.com/trade-api/v2`. */
  readonly restUrl: string;
  readonly wsUrl: string;
}

const HOSTS: Readonly<Record<'demo' | 'prod', Hosts>> = {
  prod: {
    restUrl: 'https://external-api.kalshi.com/trade-api/v2',
    wsUrl: 'wss://external-api-ws.kalshi.com/trade-api/ws/v2',
  },
  demo: {
    restUrl: 'https://external-api.demo.kalshi.co/trade-api/v2',
    wsUrl: 'wss://external-api-ws.demo.kalshi.co/trade-api/ws/v2',
  },
};

/** Kalshi's recommended hosts. */
export function hostsOf(environment: 'demo' | 'prod'): Hosts {
  return HOSTS[environment];
}

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/;

/**
 * Refuse URLs that cannot be used, and to send signed requests in the clear to another machine.
 * @param allowPlaintext let orders travel unencrypted all the same
 * @throws Error naming the setting, the URL and what to do
 */
export function requireSafe(hosts: Hosts, allowPlaintext = false): void {
  check('restUrl', hosts.restUrl, 'http', allowPlaintext);
  check('wsUrl', hosts.wsUrl, 'ws', allowPlaintext);
}

function check(setting: string, text: string, scheme: 'http' | 'ws', allowPlaintext: boolean): void {
  // What cannot be parsed may hold a password: it is not repeated.
  if (!URL.canParse(text)) throw new Error(`${setting} is not a URL: give ${scheme}s://host/path`);
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new Error(`${setting} for ${url.host} carries a user, password, query or fragment: leave them out`);
  }
  if (url.protocol === `${scheme}s:`) return;
  if (url.protocol !== `${scheme}:`) throw new Error(`${setting} ${text} must begin with ${scheme}s://`);
  if (!allowPlaintext && !LOOPBACK.test(url.hostname)) {
    throw new Error(`${setting} ${text} is not encrypted and not on this machine: use ${scheme}s`);
  }
}
