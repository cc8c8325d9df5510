import { runService } from '@techno/service';
import { createActions, createAuditTrail } from '@techno/storage';
import { loadConfig } from './config.ts';
import { recordActions, recordDeadLetters, recordJobs, recordNotifications } from './actors/record-actions.ts';
import { auditorRequests } from './requests.ts';

await runService({
  name: 'auditor',
  config: () => loadConfig(),
  async build({ telemetry, database, clock }) {
    const trail = createAuditTrail(database, () => clock.now());
    const rows = telemetry.metrics.counter({ name: 'audit_rows_total', help: 'Rows added to the audit trail', labels: [] })({});
    const deps = { trail, onWritten: (written: number) => rows.inc(written) };
    return {
      batchActors: [recordActions(deps), recordNotifications(deps), recordJobs(deps), recordDeadLetters(deps)],
      endpoints: auditorRequests({ actions: createActions(database), trail }),
    };
  },
});
