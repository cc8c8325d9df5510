import { listenForReplies, streamCreated } from '@techno/jetstream';
import { runService } from '@techno/service';
import { createAgenda, createBriefs, createReminders } from '@techno/storage';
import { agendaRequests } from './agenda/requests/requests.ts';
import { loadConfig, type SchedulerConfig } from './config.ts';
import { createScheduler } from './engine/scheduler.ts';
import { systemJobs } from './jobs/jobs.ts';

await runService<SchedulerConfig>({
  name: 'scheduler',
  config: () => loadConfig(),
  poolSize: 6,
  async build({ config, telemetry, bus, transport, database, clock }) {
    const scheduler = await createScheduler({
      bus: {
        connected: () => bus.connected(),
        streamCreated: () => streamCreated(bus, 'JOBS'),
        listen: (subject, onReply) => listenForReplies(bus, subject, onReply),
      },
      transport,
      database,
      telemetry,
      clock,
      jobs: systemJobs({ config, database, clock }),
      sweepAfterMs: config.TECHNO_SWEEP_AFTER_MS,
      keptDays: config.TECHNO_RUNS_KEPT_DAYS,
    });
    return {
      actors: scheduler.actors,
      endpoints: [
        ...scheduler.endpoints,
        ...agendaRequests({
          agenda: createAgenda(database),
          reminders: createReminders(database),
          briefs: createBriefs(database),
          clock,
        }),
      ],
      loops: scheduler.loops,
      close: () => scheduler.close(),
    };
  },
});
