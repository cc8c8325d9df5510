import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startOtlpReceiver } from '@techno/embedded';
import { every, SECOND } from '@techno/kernel';
import { startFullSystem } from '../full/full-system.ts';
import type { Generator } from '../load/generator.ts';
import { type Measurement, measure } from '../measure.ts';
import { step } from '../progress.ts';
import type { Subject } from '../subject.ts';

/** How one of the systems is watched. */
interface Watched {
  readonly name: string;
  /** Of every service, beside what the launcher gives it. */
  readonly settings: Readonly<Record<string, string>>;
  readonly scraped: boolean;
}

/** Everything off: what the others are held against. */
const OFF: Watched = {
  name: 'nothing: no metrics, no logs, no traces',
  settings: { TECHNO_METRICS: 'off', TECHNO_LOG_LEVEL: 'silent', TECHNO_TRACE_RATIO: '0', OTEL_EXPORTER_OTLP_ENDPOINT: '' },
  scraped: false,
};

/** As `npm start` does it, with somewhere to export to. */
const asDelivered = (collector: string): Watched => ({
  name: 'as delivered: metrics, logs, one trace in twenty',
  settings: {
    TECHNO_METRICS: 'on',
    TECHNO_LOG_LEVEL: 'info',
    TECHNO_TRACE_RATIO: '0.05',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector,
  },
  scraped: true,
});

export interface OverheadRow {
  readonly name: string;
  /** By the number of the round. */
  readonly rounds: ReadonlyMap<number, Measurement>;
}

export interface Overhead {
  readonly rows: readonly [unwatched: OverheadRow, asDelivered: OverheadRow];
  /** Spans that reached the collector: without any, nothing was traced. */
  readonly spans: number;
}

const CLIENTS = 128;
const REST_MS = 500;
const SCRAPE_MS = 5 * SECOND;

/**
 * The same system watched and not watched, side by side and measured in turn: every round gives a ratio of its own, for the
 * machine is slower at times. What is watched is scraped as Prometheus does, and exports its spans to a collector that counts
 * and forgets them; both cost processor time on the same machine, and that counts against watching.
 */
export async function measureOverhead(
  generator: Generator,
  options: { rounds: number; seconds: number; warmUpSeconds: number },
  context: { folder: string; environment: Readonly<Record<string, string>>; signal: AbortSignal },
): Promise<Overhead> {
  const collector = await startOtlpReceiver({ keep: false });
  const watched = [OFF, asDelivered(collector.endpoint)];
  const subjects: { subject: Subject; watched: Watched; rounds: Map<number, Measurement> }[] = [];
  const over = new AbortController();
  try {
    for (const [number, one] of watched.entries()) {
      const folder = path.join(context.folder, `watched-${number}`);
      await mkdir(folder);
      const environment = { ...context.environment, ...one.settings };
      const starting = () => startFullSystem(folder, environment, context.signal);
      subjects.push({ subject: await step(`Starting: ${one.name}`, starting), watched: one, rounds: new Map() });
    }
    const scraping = subjects.filter((one) => one.watched.scraped).map(({ subject }) => scrape(subject, over.signal));
    for (const { subject } of subjects) {
      const load = { kind: 'closed', target: subject.target, seconds: options.warmUpSeconds, clients: CLIENTS } as const;
      await step('Warming up', () => generator.run(load));
    }
    for (let round = 1; round <= options.rounds; round++) {
      // There and back: what is measured later in a round is not always the same.
      for (const { subject, watched: one, rounds } of round % 2 === 1 ? subjects : subjects.toReversed()) {
        const shape = { kind: 'closed', seconds: options.seconds, clients: CLIENTS } as const;
        const title = `Round ${round} of ${options.rounds}: ${one.name}`;
        // What the one before has still to record is its own.
        await delay(REST_MS, undefined, { signal: context.signal });
        rounds.set(
          round,
          await step(
            title,
            () => measure(subject, generator, shape),
            ({ perSecond }) => `${perSecond.toFixed(0)} actions/s`,
          ),
        );
      }
    }
    over.abort();
    await Promise.all(scraping);
    if (collector.received === 0)
      throw new Error('no span reached the collector: nothing was traced, and the figure would say nothing');
    const [unwatched, delivered] = subjects.map(({ watched: { name }, rounds }): OverheadRow => ({ name, rounds }));
    if (unwatched === undefined || delivered === undefined) throw new Error('two systems are compared');
    return { rows: [unwatched, delivered], spans: collector.received };
  } finally {
    over.abort();
    for (const { subject } of subjects.toReversed()) await subject.stop();
    await collector.stop();
  }
}

/** As often as Prometheus does. A process that does not answer fails the measurement by its load, not here. */
function scrape(subject: Subject, signal: AbortSignal): Promise<void> {
  return every(SCRAPE_MS, signal, async () => {
    const answers = subject
      .processes()
      .flatMap(({ ops }) => (ops === undefined ? [] : [fetch(`${ops}/metrics`).then((answer) => answer.text())]));
    await Promise.allSettled(answers);
  });
}
