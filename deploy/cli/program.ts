import { Command } from 'commander';
import { actionsVerb } from './verbs/actions.ts';
import { agendaVerb } from './verbs/agenda.ts';
import { auditVerb } from './verbs/audit.ts';
import { backupVerb } from './verbs/backup.ts';
import { busVerb } from './verbs/bus.ts';
import { dbVerb } from './verbs/db.ts';
import { decisionsVerb } from './verbs/decisions.ts';
import { dlqVerb } from './verbs/dlq.ts';
import { eventsVerb } from './verbs/events.ts';
import { keysVerb } from './verbs/keys.ts';
import { logsVerb } from './verbs/logs.ts';
import { monitorVerb } from './verbs/monitor.ts';
import { notifyVerb } from './verbs/notify.ts';
import { policyVerb } from './verbs/policy.ts';
import { resetVerb } from './verbs/reset.ts';
import { restartVerb } from './verbs/restart.ts';
import { restoreVerb } from './verbs/restore.ts';
import { schedulesVerb } from './verbs/schedules.ts';
import { startVerb } from './verbs/start.ts';
import { statusVerb } from './verbs/status.ts';
import { stopVerb } from './verbs/stop.ts';
import { submitVerb } from './verbs/submit.ts';
import { testVerb } from './verbs/test.ts';
import { verifyBackupVerb } from './verbs/verify-backup.ts';
import { webhooksVerb } from './verbs/webhooks.ts';

/** Every verb. A new one is its file and one line here. */
const VERBS = [
  startVerb,
  stopVerb,
  restartVerb,
  statusVerb,
  monitorVerb,
  logsVerb,
  resetVerb,
  submitVerb,
  actionsVerb,
  eventsVerb,
  notifyVerb,
  agendaVerb,
  schedulesVerb,
  keysVerb,
  policyVerb,
  webhooksVerb,
  decisionsVerb,
  auditVerb,
  dlqVerb,
  dbVerb,
  backupVerb,
  verifyBackupVerb,
  restoreVerb,
  busVerb,
  testVerb,
];

/** The command line, which throws (CommanderError and others) instead of ending the process. */
export function techno(): Command {
  const program = new Command('techno')
    .description('Techno OS: act on events safely')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      `
Exit codes:
  0  done
  1  refused, failed, or not verified
  2  the command line is wrong
  3  there is no running stack to talk to

Begin with:
  $ npm start                 start everything
  $ npx techno submit echo '{"hello":"world"}'
  $ npx techno <verb> --help  options and examples of a verb`,
    );
  for (const add of VERBS) add(program);
  throwing(program);
  return program;
}

function throwing(command: Command): void {
  command.exitOverride();
  command.showHelpAfterError('(--help shows how)');
  for (const sub of command.commands) throwing(sub);
}
