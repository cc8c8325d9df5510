import { table } from '../print.ts';

/** A dead letter as `GET /v1/dead-letters/{id}` gives it, as far as it is shown. */
export interface Detail extends Readonly<Record<string, unknown>> {
  readonly payload: unknown;
  readonly encoding: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly error_stack?: string;
  readonly links: Readonly<Record<string, string>>;
  readonly history: readonly {
    readonly at: string;
    readonly action: string;
    readonly by: string;
    readonly replay: number;
    readonly data: Readonly<Record<string, unknown>>;
  }[];
}

const FACTS = [
  'id',
  'status',
  'reason',
  'job_name',
  'actor',
  'error_code',
  'error_kind',
  'error_message',
  'error_signature',
  'attempts',
  'retry_count',
  'first_failure_at',
  'last_failure_at',
  'scheduled_for',
  'subject',
  'stream',
  'seq',
  'trace_id',
  'job_id',
];

/** What a person wants to know of a dead letter, the most telling first. */
export function detailText(detail: Detail): string {
  const { history, headers, links, payload, encoding, error_stack: stack } = detail;
  const facts = Object.fromEntries(FACTS.flatMap((name) => (detail[name] === undefined ? [] : [[name, detail[name]]])));
  const bytes = encoding === 'base64' ? Buffer.from(String(payload), 'base64') : undefined;
  return [
    pairs(facts),
    heading('history', table(history.map(lineOf), ['at', 'action', 'by', 'replay', 'code', 'message', 'diff'])),
    bytes === undefined
      ? heading('payload', JSON.stringify(payload, null, 2))
      : heading(`payload (${bytes.length} bytes that nobody could read, base64)`, String(payload)),
    heading('headers', pairs(headers)),
    heading('links', pairs(links)),
    ...(stack === undefined ? [] : [heading('stack', stack)]),
  ].join('\n\n');
}

function lineOf({ data, ...line }: Detail['history'][number]): Record<string, unknown> {
  const { code, message, reason, diff } = data;
  return { ...line, code, message: message ?? reason, diff };
}

function heading(name: string, text: string): string {
  return `${name.toUpperCase()}\n${text}`;
}

function pairs(values: Readonly<Record<string, unknown>>): string {
  const width = Math.max(0, ...Object.keys(values).map((name) => name.length));
  const lines = Object.entries(values).map(([name, value]) => `${name.padEnd(width)}  ${String(value)}`);
  return lines.length === 0 ? '(none)' : lines.join('\n');
}
