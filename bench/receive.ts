import { mix } from './books/candidate.ts';
import { makeCertificate } from './certificate.ts';
import { Child } from './child.ts';
import { type Received, type ReceiveRun, WAYS, type Way } from './clients/start.ts';
import { JsonAndMaps } from './contenders.ts';
import { generatedFrames } from './frames.ts';
import { type BenchResult, type Check, median, type Row } from './result.ts';

const MARKETS = 1000;

interface Urls {
  readonly plain: string;
  /** Null where no certificate could be made. */
  readonly secure: string | null;
}

/** What is compared with what, on each transport; limits as the project sets them for the whole way to the book. */
const COMPARISONS: readonly (Pick<Row, 'what' | 'must' | 'stretch'> & { readonly ours: Way; readonly base: Way })[] = [
  { what: 'receive -> decode -> book, raw', ours: 'raw-book', base: 'ws-json', must: 4, stretch: 7 },
  { what: 'receive -> decode -> book, ws', ours: 'ws-book', base: 'ws-json', must: 2, stretch: 3.5 },
  { what: 'receive only, raw against ws', ours: 'raw-count', base: 'ws-count' },
];

/** CPU and wall time per message of one way on one transport, ns, one entry a round. */
interface Times {
  readonly cpuNs: number[];
  readonly wallNs: number[];
}

/**
 * From the socket to the book: CPU per message of clients in processes of their own, fed by a server in another one as
 * fast as they take it. Clients take turns in the same run.
 */
export async function benchReceive(short: boolean): Promise<BenchResult> {
  const frames = short ? 40_000 : 100_000;
  const rounds = short ? 5 : 15;
  const certificate = makeCertificate();
  const expected = expectedSums(frames);
  const notes = [
    'CPU ns a message of the receiving process (user and system), median of interleaved rounds, many frames a read; baseline: ws + JSON.parse + Map books',
    'the rounds of one way are checked against sums computed without a socket',
  ];
  if (certificate === null) notes.push('no openssl command here: without TLS only');
  const children: Child[] = [];
  const start = { markets: MARKETS, frames };
  try {
    const server = new Child('the server', 'blaster.ts', { ...start, certificate });
    children.push(server);
    const clients = new Map(WAYS.map((way) => [way, new Child(`client ${way}`, 'receiver.ts', { ...start, way })]));
    children.push(...clients.values());
    const urls = (await server.next()) as Urls;
    await Promise.all([...clients.values()].map((client) => client.next()));
    const runs: [string, ReceiveRun][] = [['plain', { url: urls.plain, ca: null }]];
    if (certificate !== null && urls.secure !== null) runs.push(['TLS', { url: urls.secure, ca: certificate.cert }]);
    const times = new Map<string, Times>();
    const wrong = await race(clients, runs, rounds, frames, expected, times);
    const rows = runs.flatMap(([transport]) => rowsOf(transport, times));
    for (const [name, { cpuNs, wallNs }] of times) {
      const rate = (1e3 / median(wallNs)).toFixed(2);
      notes.push(`${name.padEnd(16)} ${median(cpuNs).toFixed(0)} ns CPU a message, ${rate} M messages/s`);
    }
    return {
      name: 'receive',
      rows,
      checks: checksOf(wrong),
      notes,
      data: { ...start, rounds, times: Object.fromEntries(times) },
    };
  } catch (error) {
    const check = { what: 'clients run', passed: false, detail: (error as Error).message };
    return { name: 'receive', rows: [], checks: [check], notes, data: start };
  } finally {
    await Promise.all(children.map((child) => child.end()));
  }
}

/** Every way on every transport once a round, in turning order. What was wrong with the results of each way. */
async function race(
  clients: ReadonlyMap<Way, Child>,
  runs: readonly [string, ReceiveRun][],
  rounds: number,
  frames: number,
  expected: ReadonlyMap<Way, number>,
  times: Map<string, Times>,
): Promise<Map<Way, string>> {
  const wrong = new Map<Way, string>(WAYS.map((way) => [way, '']));
  // The first rounds are warm-up.
  for (let round = -2; round < rounds; round++) {
    for (const [transport, run] of runs) {
      for (let i = 0; i < WAYS.length; i++) {
        const way = WAYS[(i + round + 2) % WAYS.length]!;
        const { cpuUs, wallUs, sum, frames: count, error } = (await clients.get(way)!.next(run)) as Received;
        const isRight = error === '' && sum === expected.get(way) && count === frames;
        if (!isRight) wrong.set(way, error || `${transport}: ${count} frames, sum ${sum}, not ${expected.get(way)}`);
        if (round < 0 || !isRight) continue;
        const name = `${way} ${transport}`;
        const entry = times.get(name) ?? { cpuNs: [], wallNs: [] };
        times.set(name, entry);
        entry.cpuNs.push((cpuUs * 1000) / frames);
        entry.wallNs.push((wallUs * 1000) / frames);
      }
    }
  }
  return wrong;
}

/** What every way must compute from the frames. */
function expectedSums(frames: number): ReadonlyMap<Way, number> {
  const set = generatedFrames('new', MARKETS, frames);
  let counted = 0;
  for (const frame of set.frames) counted = mix(counted, frame.length, frame[frame.length >> 1]!);
  const reference = new JsonAndMaps(set);
  reference.reset();
  const booked = reference.parseAndApply();
  return new Map(WAYS.map((way) => [way, way.endsWith('count') ? counted : booked]));
}

function rowsOf(transport: string, times: ReadonlyMap<string, Times>): Row[] {
  return COMPARISONS.flatMap(({ what, ours, base, ...limits }): Row[] => {
    const [a, b] = [times.get(`${ours} ${transport}`), times.get(`${base} ${transport}`)];
    if (a === undefined || b === undefined) return [];
    const common = { unit: 'ns', ratio: 'speedup', ...limits } as const;
    return [{ ...common, what: `${what}, ${transport}`, ours: median(a.cpuNs), baseline: median(b.cpuNs) }];
  });
}

function checksOf(wrong: ReadonlyMap<Way, string>): Check[] {
  return [...wrong].map(([way, detail]) => ({
    what: `${way}: every frame once, right results`,
    passed: detail === '',
    detail: detail || 'all right',
  }));
}
