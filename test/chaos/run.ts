import { arrange } from './disasters.ts';
import { type Invariant, Violation } from './invariants.ts';
import { type Disaster, disastersOf, LONGEST_MS, STORM_MS } from './plan.ts';
import { shapeOf } from './shape.ts';
import { Watch } from './watch.ts';
import { type Planted, World } from './world.ts';

/** Between two looks at everything. */
const STEP_MS = 75;
/** The last disaster that lasts is over by then, and a killed engine's successor is born. */
const LAST_MS = STORM_MS + LONGEST_MS + 700;
/** A request that was lost may land for a while, reads lag, and absence is believed after several reads. */
const CALM_MS = 6000;
const STOP_MS = 5000;
/** A request may still arrive this long after it was sent. */
const LANDING_MS = 1300;
/** Some stop in the middle of it. */
const STOPS_IN_STORM = 5;

/** How a seed's world ended. */
export interface Outcome {
  readonly seed: number;
  readonly failure: { readonly invariant: Invariant; readonly atMs: number; readonly text: string } | null;
  readonly disasters: readonly Disaster[];
  readonly seen: {
    readonly steps: number;
    readonly creates: number;
    readonly amends: number;
    readonly fills: number;
    readonly unknown: number;
    readonly booksCompared: number;
    readonly lives: number;
  };
}

export interface RunOptions {
  /** What befalls the world; left out: what the seed says. */
  readonly disasters?: readonly Disaster[];
  readonly planted?: Planted;
  /** Hears what goes in and out of the engine. */
  readonly tell?: (line: string) => void;
}

/** Let a seed's world happen and watch it to its end or its first violation. */
export function runSeed(seed: number, options: RunOptions = {}): Outcome {
  const disasters = options.disasters ?? disastersOf(seed);
  const watch = new Watch(options.tell ?? null);
  const world = new World(shapeOf(seed), disasters, watch, options.planted);
  watch.watch(world);
  let failure: Outcome['failure'] = null;
  let steps = 0;
  const step = (): void => {
    world.run(STEP_MS);
    watch.step();
    steps++;
  };
  try {
    arrange(world, disasters);
    world.begin();
    const stopsEarly = seed % STOPS_IN_STORM === 0;
    const lasts = disasters.length === 0 ? STORM_MS / 2 : LAST_MS;
    const until = stopsEarly ? STORM_MS / 2 : lasts;
    while (world.elapsedMs < until) {
      world.crowd.step();
      step();
    }
    if (world.life.isDead) world.run(LAST_MS - world.elapsedMs);
    if (!stopsEarly) {
      world.crowd.settle();
      for (let ms = 0; ms < CALM_MS; ms += 10 * STEP_MS) {
        world.run(9 * STEP_MS);
        step();
      }
      // After a panic it has stopped by itself, and compares nothing any more.
      if (!world.life.isStopping && world.life.engine.phase === 'running') watch.settled();
    }
    const isCalm = !stopsEarly && !world.life.isStopping && world.life.engine.stopResult === null;
    world.operate('stop');
    const deadline = world.elapsedMs + STOP_MS + 2000;
    while (world.life.engine.stopResult === null && world.elapsedMs < deadline && !world.life.isDead) world.run(50);
    if (!world.life.isDead) {
      watch.stopped(isCalm);
      world.run(LANDING_MS);
      if (!world.life.isDead) watch.stillNothing();
    }
  } catch (error) {
    failure = failureOf(error, world.elapsedMs);
  } finally {
    world.end();
  }
  const { creates, amends, unknown, booksCompared } = watch;
  const fills = world.exchange.fills.length;
  const seen = { steps, creates, amends, fills, unknown, booksCompared, lives: world.lives.length };
  return { seed, failure, disasters, seen };
}

function failureOf(error: unknown, atMs: number): Outcome['failure'] {
  if (error instanceof Violation) return { invariant: error.invariant, atMs: error.atMs, text: error.message };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { invariant: 'no_exception', atMs, text };
}

/** The fewest of the disasters with which the seed still fails in the same way: each is left out where it can be. */
export function shrink(outcome: Outcome, planted?: Planted): Outcome {
  let least = outcome;
  for (let n = least.disasters.length - 1; n >= 0; n--) {
    const fewer = least.disasters.filter((_, i) => i !== n);
    const again = runSeed(outcome.seed, { disasters: fewer, ...(planted === undefined ? {} : { planted }) });
    if (again.failure?.invariant === outcome.failure?.invariant) least = again;
  }
  return least;
}
