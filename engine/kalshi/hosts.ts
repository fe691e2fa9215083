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

/** Refuse to send signed requests in the clear to another machine. @throws Error naming the URL */
export function requireSafe(hosts: Hosts): void {
  for (const url of [hosts.restUrl, hosts.wsUrl]) {
    const { protocol, hostname } = new URL(url);
    const encrypted = protocol === 'https:' || protocol === 'wss:';
    if (!encrypted && !LOOPBACK.test(hostname)) {
      throw new Error(`${url} is not encrypted and not on this machine: use https/wss`);
    }
  }
}
