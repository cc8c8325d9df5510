import { durablesOf, type ServiceName, SERVICES } from '@techno/contracts';
import { pendingOf, pendingWhereThere } from '@techno/jetstream';
import { errorMessage, every, SECOND } from '@techno/kernel';
import { runService } from '@techno/service';
import { createActions, createAuditTrail } from '@techno/storage';
import { behindSeconds } from './behind.ts';
import { loadConfig } from './config.ts';
import { type RecordDeps, recordActions, recordDeadLetters, recordJobs, recordNotifications } from './actors/record-actions.ts';
import { auditorRequests } from './requests.ts';

const LOOK_MS = 5 * SECOND;
const consumersOf = (service: ServiceName) => durablesOf(service).map(({ stream, name }) => ({ stream, consumer: name }));
const OWN = consumersOf('auditor');
const OTHERS = SERVICES.filter((service) => service !== 'auditor').flatMap(consumersOf);

await runService({
  name: 'auditor',
  config: () => loadConfig(),
  async build({ telemetry, bus, database, clock }) {
    const trail = createAuditTrail(database, () => clock.now());
    const rows = telemetry.metrics.counter({ name: 'audit_rows_total', help: 'Rows added to the audit trail', labels: [] })({});
    const behind = behindSeconds(telemetry.metrics, () => clock.now());
    const deps: RecordDeps = {
      trail,
      onWritten(consumer, written, newest) {
        rows.inc(written);
        behind.written(consumer, newest);
      },
    };
    // A service that hangs cannot say how far behind it is.
    telemetry.metrics.consumers.lagFrom(() => pendingWhereThere(bus, OTHERS));
    return {
      batchActors: [recordActions(deps), recordNotifications(deps), recordJobs(deps), recordDeadLetters(deps)],
      endpoints: auditorRequests({ actions: createActions(database), trail }),
      loops: [
        {
          name: 'look-how-far-behind',
          run: (signal) =>
            every(LOOK_MS, signal, () =>
              pendingOf(bus, OWN).then(behind.looked, (error: unknown) =>
                telemetry.log.warn({ error: errorMessage(error) }, 'auditor.blind'),
              ),
            ),
        },
      ],
    };
  },
});
