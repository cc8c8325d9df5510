import { type Command, InvalidArgumentError } from 'commander';
import { commaList } from '../arguments.ts';
import { table } from '../print.ts';
import { client, type CommonFlags, examples, show, withTargetOptions } from '../verb.ts';

interface SendFlags extends CommonFlags {
  readonly text?: string;
  readonly subject?: string;
  readonly template?: string;
  readonly data?: Record<string, unknown>;
  readonly severity: string;
  readonly channels?: readonly string[];
  readonly context: string;
}

interface Notification {
  readonly id: string;
  readonly status: string;
  readonly severity: string;
  readonly accepted_at: string;
  readonly deliveries: readonly {
    readonly recipient: string;
    readonly status: string;
    readonly channel?: string;
    readonly code?: string;
    readonly attempts: readonly Record<string, unknown>[];
  }[];
}

export function notifyVerb(program: Command): void {
  const notify = program.command('notify').description('notifications: send, list, get');

  const send = withTargetOptions(notify.command('send'))
    .description('have people told something')
    .argument('<recipients>', 'contact ids, comma-separated')
    .option('--text <text>', 'what to say')
    .option('--subject <subject>', 'above the text')
    .option('--template <name>', 'instead of a text')
    .option('--data <json>', 'what fills the template', object)
    .option('--severity <severity>', 'low, normal, high or critical', 'normal')
    .option('--channels <list>', 'only these, in this order: whatsapp, email, sms, webhook', commaList)
    .option('--context <id>', 'context_id to act in', 'default')
    .action(async (recipients: string, flags: SendFlags) => {
      const { text, subject, template, data, severity, channels } = flags;
      const { body } = await client(flags, 'developer').call('POST', '/v1/notifications', {
        context_id: flags.context,
        notification: {
          recipients: commaList(recipients),
          text: text === undefined ? undefined : { body: text, subject },
          template: template === undefined ? undefined : { name: template, data: data ?? {} },
          severity,
          channels,
        },
      });
      show(flags, body as { trace_id: string; result?: { notification_id: string } }, ({ trace_id, result }) =>
        result === undefined ? `Accepted: ${trace_id}` : result.notification_id,
      );
    });
  examples(
    send,
    `npx techno notify send demo --text 'Deploy finished'`,
    `npx techno notify send demo --template welcome --data '{"name":"Ana","product":"Techno"}' --channels email`,
  );

  const listing = withTargetOptions(notify.command('list'))
    .description('notifications, newest first')
    .option('--status <status>', 'with a delivery in that state: QUEUED, SENT, DELIVERED, FAILED, …')
    .option('--recipient <id>', 'to that contact')
    .action(async (flags: CommonFlags & { status?: string; recipient?: string }) => {
      const query = new URLSearchParams(
        Object.entries({ status: flags.status, recipient: flags.recipient }).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, value] as [string, string]],
        ),
      );
      const { body } = await client(flags, 'admin').call('GET', `/v1/notifications?${query.toString()}`);
      show(flags, body as { notifications: Notification[] }, ({ notifications }) =>
        table(
          notifications.map(({ deliveries, ...rest }) => ({ ...rest, to: deliveries.map(({ recipient }) => recipient) })),
          ['id', 'status', 'severity', 'accepted_at', 'to'],
        ),
      );
    });
  examples(listing, 'npx techno notify list', 'npx techno notify list --status FAILED --json');

  const get = withTargetOptions(notify.command('get'))
    .description('what became of one, with every attempt')
    .argument('<id>', 'ntf_…')
    .action(async (id: string, flags: CommonFlags) => {
      const { body } = await client(flags, 'admin').call('GET', `/v1/notifications/${encodeURIComponent(id)}`);
      show(flags, body as Notification, ({ status, deliveries }) =>
        [
          status,
          table(
            deliveries.map((delivery) => ({ ...delivery })),
            ['recipient', 'status', 'channel', 'code'],
          ),
          table(
            deliveries.flatMap(({ recipient, attempts }) => attempts.map((attempt) => ({ recipient, ...attempt }))),
            ['recipient', 'number', 'channel', 'class', 'code', 'started_at', 'receipt'],
          ),
        ].join('\n\n'),
      );
    });
  examples(get, 'npx techno notify get ntf_01a1…');
}

function object(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError('It must be a JSON object.');
}
