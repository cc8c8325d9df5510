import {
  CANONICAL_EVENTS,
  type CanonicalEventName,
  COMMON_FIELDS,
  EVENT_DOCS,
  type Field,
  LOG_MESSAGES,
  MESSAGE_FIELDS,
} from '@techno/contracts';

type Fields = Readonly<Record<string, Field>>;

const row = (...cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const fieldRows = (fields: Fields, when?: string) =>
  Object.entries(fields).map(([name, { type, says }]) => row(`\`${name}\``, type, ...(when === undefined ? [] : [when]), says));

/** docs/LOGS.md. */
export function logsPage(): string {
  return [
    '# Logs',
    '',
    'Every service writes JSON lines to standard output; `npm start` keeps them in `.techno/logs/<service>.log`, 16 MiB of it and the four',
    'times 16 before (`.log.1` to `.log.4`; `.log.new` is the next of them, copied as the log grows, over a file of old lines).',
    'There is one schema, and nothing that is not in it is written: `logLineFaults` in `libs/contracts/src/log-line.ts`',
    'says what is wrong with a line, tests hold real output of all services against it, and so does `deploy/runbooks/obs-contract`.',
    '',
    'A line is either one of the eleven [canonical events](EVENTS.md) (it has `event`) or a message about the service itself (it has `msg`).',
    'Ids, codes and figures only; a credential is replaced by `[redacted]` wherever it stands.',
    '`npx techno logs` follows them; `grep tr_…` finds everything about one action in all of them.',
    '',
    '## On every line',
    '',
    row('field', 'type', 'says'),
    row('---', '---', '---'),
    ...fieldRows(COMMON_FIELDS),
    '',
    '`service.failed`, the last line of a process that could not start, has no `pid`.',
    '',
    '## On a canonical event',
    '',
    row('field', 'type', 'says'),
    row('---', '---', '---'),
    row('`layer`', 'string', '`http`, `gate` or `executor`'),
    row('`event`', 'string', 'Which of the eleven'),
    row('`trace_id`', 'trace id', 'The action it belongs to'),
    row('`at`', 'time', 'When it happened; `time` is when it was written'),
    row('`data`', 'object', 'By event: [EVENTS.md](EVENTS.md)'),
    '',
    '## On a message',
    '',
    row('field', 'type', 'says'),
    row('---', '---', '---'),
    ...fieldRows(MESSAGE_FIELDS),
    '',
    '## Messages',
    '',
    row('msg', 'level', 'says'),
    row('---', '---', '---'),
    ...Object.entries(LOG_MESSAGES)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([msg, { level, says }]) => row(`\`${msg}\``, level, says)),
    '',
  ].join('\n');
}

/** docs/EVENTS.md, with one real line for each event. */
export function eventsPage(examples: Readonly<Record<CanonicalEventName, object>>): string {
  return [
    '# Canonical events',
    '',
    'What happens to an action is told in eleven events, in three layers. A service logs one JSON line for each (see [LOGS.md](LOGS.md)), the auditor',
    'writes the same to the audit trail and the gateway streams it at `/v1/events/stream`: all from `libs/contracts/src/canonical-events.ts`, so that the',
    'three cannot tell different stories. The lines below were written by a running system.',
    '',
    row('event', 'layer', 'logged by', 'says'),
    row('---', '---', '---', '---'),
    ...CANONICAL_EVENTS.map((event) => {
      const { layer, by, says } = EVENT_DOCS[event];
      return row(`[${event}](#${event.toLowerCase()})`, layer, by, says);
    }),
    ...CANONICAL_EVENTS.flatMap((event) => eventSection(event, examples[event])),
    '',
  ].join('\n');
}

function eventSection(event: CanonicalEventName, example: object): string[] {
  const { says, always, sometimes } = EVENT_DOCS[event];
  return [
    '',
    `## ${event}`,
    '',
    says,
    '',
    row('field of `data`', 'type', 'there', 'says'),
    row('---', '---', '---', '---'),
    ...fieldRows(always, 'always'),
    ...fieldRows(sometimes, 'sometimes'),
    '',
    '```json',
    JSON.stringify(example),
    '```',
  ];
}
