import { BREAKER_NEWS_SUBJECT } from '@techno/contracts';
import { listenForReplies, storedMessages, streamCreated } from '@techno/jetstream';
import { MINUTE, randomHex, SECOND } from '@techno/kernel';
import { actor, loop, runService } from '@techno/service';
import {
  createAutoReplays,
  createDeadLetterEvents,
  createDeadLetters,
  createPolicies,
  createReplayJobs,
  createReplays,
} from '@techno/storage';
import { collectDeadLetters } from './actors/collect-dead-letters.ts';
import { followAdvisories } from './actors/follow-advisories.ts';
import { createBreakerBoard } from './breakers.ts';
import { loadConfig, type ReplayerConfig } from './config.ts';
import { failureOf, hasOwnId } from './failures.ts';
import { tellOfPermanentFailures } from './given-up.ts';
import { createLivePolicy } from './live-policy.ts';
import { tellTheTrail } from './loops/audit.ts';
import { autoReplay } from './loops/auto-replay.ts';
import { bulkReplays } from './loops/bulk.ts';
import { createGauges } from './loops/gauges.ts';
import { retain } from './loops/retention.ts';
import { settleEnded } from './loops/settle.ts';
import { createReplayer } from './replayer.ts';
import { deadLetterRequests } from './requests/dead-letters.ts';
import { replayJobRequests } from './requests/replay-jobs.ts';

const OVERDUE_AT_ONCE = 200;

await runService<ReplayerConfig>({
  name: 'dlq-replayer',
  config: () => loadConfig(),
  async build({ telemetry, bus, transport, database, clock }) {
    const { log, metrics, tracer, logEvents } = telemetry;
    const now = () => clock.now();
    const deadLetters = createDeadLetters(database);
    const events = createDeadLetterEvents(database);
    const replays = createReplays(database);
    const jobs = createReplayJobs(database);
    const policy = createLivePolicy(createPolicies(database));
    await policy.refresh();

    const ended = metrics.counter({
      name: 'replays_total',
      help: 'Replays by outcome: sent, completed, failed or denied',
      labels: ['actor', 'outcome'],
    });
    const count = (actor: string, outcome: string) => ended({ actor, outcome }).inc();
    const onProblem = (fields: object) => log.warn(fields, 'replayer.problem');
    const send = createReplayer({ replays, transport, tracer, now, onProblem, onSent: (actor) => count(actor, 'sent') });
    const breakers = createBreakerBoard();
    const stopListening = listenForReplies(bus, BREAKER_NEWS_SUBJECT, (_type, body) => breakers.hear(body));
    const auto = { auto: createAutoReplays(database), replays, breakers, send, now };
    const tellContacts = tellOfPermanentFailures({ transport, tracer, log, now });
    const onGivenUp = async (ids: readonly number[]) => {
      const document = policy.current();
      if (document !== undefined) await tellContacts(await deadLetters.findAll(ids), document);
    };

    return {
      actors: [
        actor(
          followAdvisories({
            stored: (stream, seq) => storedMessages(bus, stream, seq),
            known: async (letter) =>
              deadLetters.knows(failureOf(letter, hasOwnId(letter) ? '' : await streamCreated(bus, letter.stream)).key),
            transport,
            now,
            onFound: (actor, code) => metrics.actor(actor).deadLettered(code),
          }),
        ),
      ],
      batchActors: [
        collectDeadLetters({
          deadLetters,
          created: (stream) => streamCreated(bus, stream),
          onFailedAgain: (actor) => count(actor, 'failed'),
          logEvents,
        }),
      ],
      endpoints: [
        ...deadLetterRequests({ deadLetters, events, replays, send, now }),
        ...replayJobRequests({ deadLetters, jobs, now }),
      ],
      loops: [
        bulkReplays({ jobs, send, driver: randomHex(8), now, onProblem }),
        loop('settle-replays', 500, onProblem, () => settleEnded(replays, count)),
        // Claimed by a process that is gone, or lost by the bus: the same ids again.
        loop('send-overdue', 1 * SECOND, onProblem, async () => send(await replays.overdue(OVERDUE_AT_ONCE))),
        loop('tell-the-trail', 500, onProblem, () => tellTheTrail({ events, transport, logEvents, onGivenUp })),
        loop('auto-replay', 1 * SECOND, onProblem, async () => {
          await policy.refresh();
          const document = policy.current();
          if (document !== undefined) await autoReplay(auto, document, document.deadLetters.autoReplayPerSecond);
        }),
        loop('gauges', 5 * SECOND, onProblem, createGauges(metrics, deadLetters, now)),
        loop('retention', 10 * MINUTE, onProblem, async () => {
          const document = policy.current();
          if (document !== undefined) await retain({ deadLetters, events, now }, document.deadLetters);
        }),
      ],
      close: stopListening,
    };
  },
});
