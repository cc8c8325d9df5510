import { ERROR_CODES } from '@techno/contracts';
import { createHttpServer, docsRoutes, openApi, type Route } from '@techno/http';
import { listenForReplies } from '@techno/jetstream';
import { every, MINUTE, randomHex, SECOND, w3cTraceIdOf } from '@techno/kernel';
import { loop, runService, VERSION } from '@techno/service';
import { createInbox, createWebhookSources } from '@techno/storage';
import { createAcceptor } from './accept.ts';
import { createAnswerLog } from './answer-log.ts';
import { callers, credentialOf } from './callers.ts';
import { type GatewayConfig, loadConfig } from './config.ts';
import { createDepartures } from './departures.ts';
import { createDriver } from './driver.ts';
import { createLiveSources } from './live-sources.ts';
import { createPending } from './pending.ts';
import { problemOf } from './problems.ts';
import { actionRoutes } from './routes/actions.ts';
import { agendaEventRoutes } from './routes/agenda-events.ts';
import { agendaImportRoute } from './routes/agenda-import.ts';
import { agendaTaskRoutes } from './routes/agenda-tasks.ts';
import { contactRoutes } from './routes/contacts.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { eventsRoute } from './routes/events.ts';
import { keyRoutes } from './routes/keys.ts';
import { notificationRoutes } from './routes/notifications.ts';
import { policyRoutes } from './routes/policy.ts';
import { type ProcessDeps, processRoutes } from './routes/process.ts';
import { scheduleRoutes } from './routes/schedules.ts';
import { templateRoutes } from './routes/templates.ts';
import { webhookDeliveryRoute } from './routes/webhook-deliveries.ts';
import { webhookSourceRoutes } from './routes/webhook-sources.ts';
import { sweep } from './sweeper.ts';

/** How often old idempotency keys are freed and old rejections forgotten. */
const HOUSEKEEPING_MS = 1 * MINUTE;
const REJECTIONS_KEPT = 100_000;

await runService<GatewayConfig>({
  name: 'gateway',
  config: () => loadConfig(),
  async build({ config, telemetry, bus, transport, database, clock }) {
    const { log, metrics, tracer, logEvents } = telemetry;
    const pepper = config.TECHNO_KEY_PEPPER;
    const inbox = createInbox(database);
    const store = createWebhookSources(database);
    const pending = createPending();
    const departures = createDepartures({ onTheWay: () => pending.newcomers });
    const replyTo = `result.${randomHex(8)}`;
    const driver = createDriver({
      transport,
      clock,
      replyTo,
      connected: () => bus.connected(),
      onProblem: (fields) => log.error(fields, 'driver.waiting'),
    });
    const answers = createAnswerLog({ transport, clock, logEvents });
    const sources = createLiveSources({
      store,
      keys: config.TECHNO_SECRETS_KEY,
      onProblem: (fields) => log.error(fields, 'sources.problem'),
    });
    await sources.load();
    const acceptor = createAcceptor({
      inbox,
      driver,
      departures,
      tracer,
      clock,
      sweepAfterMs: config.TECHNO_SWEEP_AFTER_MS,
      maxBacklog: config.TECHNO_MAX_BACKLOG,
      logEvents,
    });
    const caller = callers(bus, pepper);
    const stopListening = listenForReplies(bus, replyTo, (type, body) => {
      pending.settle(type, body);
      departures.returned();
    });

    const driven = metrics.counter({
      name: 'sweeper_driven_total',
      help: 'Accepted requests driven again after their time limit',
      labels: [],
    })({});
    const behind = metrics.gauge({
      name: 'sweeper_behind_seconds',
      help: 'How long the oldest accepted request that came to its time has waited for a sweeper; every replica says the same',
      labels: [],
    })({});
    const backlog = metrics.gauge({ name: 'driver_backlog', help: 'Accepted requests that NATS has not taken yet', labels: [] })(
      {},
    );

    const processing: ProcessDeps = {
      acceptor,
      pending,
      inbox,
      answers,
      metrics,
      bus,
      clock,
      pepper,
      defaultWaitMs: config.TECHNO_WAIT_MS,
      onProblem: (fields) => log.error(fields, 'answer.not_kept'),
    };
    const routes = [
      ...processRoutes(processing),
      webhookDeliveryRoute({ sources, store, acceptor, answers, metrics, clock }),
      ...actionRoutes({ bus, inbox, pending, caller }),
      eventsRoute({ bus, caller }),
      ...deadLetterRoutes({ bus, caller }),
      ...notificationRoutes({ bus, caller, processing }),
      ...contactRoutes({ bus, caller }),
      ...agendaEventRoutes({ bus, caller }),
      ...agendaTaskRoutes({ bus, caller }),
      agendaImportRoute({ bus, caller }),
      ...templateRoutes({ bus, caller }),
      ...scheduleRoutes({ bus, caller }),
      ...policyRoutes({ bus, caller }),
      ...keyRoutes({ bus, caller, pepper }),
      ...webhookSourceRoutes({ sources, store, caller }),
    ];
    const documented: Route[] = docsRoutes({
      errors: Object.entries(ERROR_CODES).map(([code, doc]) => ({ code, ...doc })),
      document: () => openApi({ title: 'Techno OS', version: VERSION, routes: [...routes, ...documented] }),
    });
    const server = createHttpServer({
      host: config.TECHNO_HTTP_HOST,
      port: config.TECHNO_HTTP_PORT,
      routes: [...routes, ...documented],
      bodyLimitBytes: config.TECHNO_BODY_LIMIT_BYTES,
      maxInFlight: config.TECHNO_MAX_IN_FLIGHT,
      handlerTimeoutMs: 65_000,
      trustedProxies: config.TECHNO_TRUSTED_PROXIES,
      problemOf,
      guard: (context) => void credentialOf(context, pepper),
      observer: {
        requestEnded({ method, route, status, durationMs, traceId }) {
          const w3c = traceId === undefined ? undefined : w3cTraceIdOf(traceId);
          const exemplarTraceId = w3c !== undefined && tracer.isSampled(w3c) ? w3c : undefined;
          metrics.requests.finished({ method, route, status, seconds: durationMs / 1_000, exemplarTraceId });
        },
        shed: () => metrics.requests.shed('in_flight'),
        onError: (error, request) => log.error({ err: error, ...request }, 'http.handler_failed'),
      },
    });
    await server.listen();
    log.info({ port: server.port }, 'http.listening');

    return {
      loops: [
        { name: 'drive-backlog', run: (signal) => driver.run(signal) },
        { name: 'answer-log', run: (signal) => answers.run(signal) },
        { name: 'follow-sources', run: (signal) => sources.run(signal) },
        {
          name: 'sweeper',
          run: (signal) =>
            sweep(
              {
                inbox,
                driver,
                sweepAfterMs: config.TECHNO_SWEEP_AFTER_MS,
                onDriven: (count) => {
                  driven.inc(count);
                  backlog.set(driver.backlog);
                  if (count > 0) log.warn({ driven: count }, 'sweeper.drove');
                },
                onProblem: (fields) => log.error(fields, 'sweeper.problem'),
              },
              signal,
            ),
        },
        // By itself: a sweeper that hangs would not tell.
        loop(
          'watch-sweeper',
          5 * SECOND,
          (fields) => log.error(fields, 'sweeper.problem'),
          async () => {
            behind.set(await inbox.behindSeconds());
          },
        ),
        {
          name: 'housekeeping',
          run: (signal) =>
            every(HOUSEKEEPING_MS, signal, async () => {
              await Promise.allSettled([inbox.releaseKeys(), store.trim(REJECTIONS_KEPT)]);
            }),
        },
      ],
      async stopIntake() {
        const closing = server.close(config.TECHNO_GRACE_MS / 2);
        // Whoever waits for a result gets a 202 now, while there is time to send it.
        pending.releaseAll();
        await closing;
        await answers.flush();
      },
      close: stopListening,
    };
  },
});
