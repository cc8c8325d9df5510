import type { ReceivedSpan, SpanKind, SpanValue } from '@techno/embedded';
import type { Exercised } from './traffic/exercise.ts';

/** A span that has to be in a trace. Attributes: a value, or `any`. */
export interface ExpectedSpan {
  readonly service: string;
  readonly kind: SpanKind;
  readonly name: string;
  readonly attributes?: Readonly<Record<string, SpanValue>>;
  /** The span fails. */
  readonly fails?: true;
}

const ANY = 'any';

const server = (route: string, action: string, status: number): ExpectedSpan => ({
  service: 'gateway',
  kind: 'server',
  name: `POST ${route}`,
  attributes: {
    'http.request.method': 'POST',
    'http.route': route,
    'http.response.status_code': status,
    'techno.action': action,
  },
});
const publish = (service: string, type: string): ExpectedSpan => ({
  service,
  kind: 'producer',
  name: `publish ${type}`,
  attributes: {
    'messaging.system.name': 'nats',
    'messaging.operation.type': 'send',
    'messaging.operation.name': 'publish',
    'messaging.destination.name': ANY,
    'messaging.destination.template': type,
    'messaging.message.id': ANY,
  },
});
const process = (service: string, type: string, consumer: string): ExpectedSpan => ({
  service,
  kind: 'consumer',
  name: `process ${type}`,
  attributes: {
    'messaging.system.name': 'nats',
    'messaging.operation.type': 'process',
    'messaging.operation.name': 'process',
    'messaging.destination.name': ANY,
    'messaging.consumer.group.name': consumer,
  },
});
const commit = (service: string, operation: string, table: string): ExpectedSpan => ({
  service,
  kind: 'client',
  name: `${operation} ${table}`,
  attributes: { 'db.system.name': 'postgresql', 'db.operation.name': operation, 'db.collection.name': table },
});
const gates = (decision: 'ALLOW' | 'DENY'): ExpectedSpan => ({
  service: 'gate-engine',
  kind: 'internal',
  name: 'ask the gates',
  attributes: { 'techno.decision': decision, 'techno.decision_id': ANY, 'techno.policy_revision': ANY },
});
const execute = (executor: string, more: Readonly<Record<string, SpanValue>> = {}): ExpectedSpan => ({
  service: 'executor',
  kind: 'internal',
  name: `execute ${executor}`,
  attributes: { 'techno.executor': executor, 'techno.attempt': ANY, ...more },
});

const accepted = [
  commit('gateway', 'INSERT', 'inbox'),
  publish('gateway', 'action.requested'),
  process('gate-engine', 'action.requested', 'decide-action'),
  commit('gate-engine', 'INSERT', 'decisions'),
  process('auditor', 'action.requested', 'record-actions'),
];
const ran = (executor: string): ExpectedSpan[] => [
  ...accepted,
  gates('ALLOW'),
  publish('gate-engine', 'action.allowed'),
  process('executor', 'action.allowed', `execute-${executor}`),
  execute(executor),
  commit('executor', 'UPSERT', 'executions'),
];
const completed = (executor: string): ExpectedSpan[] => [
  ...ran(executor),
  publish('executor', 'action.completed'),
  process('auditor', 'action.completed', 'record-actions'),
];

/** What each kind of action has to look like: one connected tree over everything it went through. */
export const EXPECTED: Readonly<Record<keyof Exercised['traces'], readonly ExpectedSpan[]>> = {
  echo: [server('/v1/process', 'echo', 200), ...completed('echo_executor_v1')],
  composite: [
    server('/v1/process', 'summarise_and_echo', 200),
    ...completed('composite_executor_v1'),
    {
      service: 'executor',
      kind: 'client',
      name: 'ask decision.step',
      attributes: { 'rpc.system': 'nats', 'rpc.service': 'gate-engine', 'rpc.method': 'decision.step' },
    },
    { service: 'gate-engine', kind: 'server', name: 'answer decision.step', attributes: { 'techno.decision': 'ALLOW' } },
    execute('document_executor_v1', { 'techno.step': 'summary' }),
    execute('echo_executor_v1', { 'techno.step': 'echo' }),
    process('auditor', 'action.step_ended', 'record-actions'),
  ],
  model: [
    server('/v1/process', 'ask_model', 200),
    ...completed('llm_executor_v1'),
    {
      service: 'executor',
      kind: 'client',
      name: 'chat',
      attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.response.model': ANY, 'gen_ai.usage.input_tokens': ANY },
    },
  ],
  notify: [
    server('/v1/notifications', 'notify', 200),
    ...completed('notify_executor_v1'),
    publish('executor', 'notification.requested'),
    process('notifier', 'notification.requested', 'accept-notification'),
    commit('notifier', 'BATCH INSERT', 'notifications'),
    {
      service: 'notifier',
      kind: 'client',
      name: 'send whatsapp',
      attributes: { 'techno.channel': 'whatsapp', 'techno.provider': ANY, 'techno.delivery_id': ANY, 'techno.class': 'ACCEPTED' },
    },
    publish('notifier', 'notification.delivered'),
    process('auditor', 'notification.delivered', 'record-notifications'),
  ],
  denied: [
    server('/v1/process', 'obs_nothing', 403),
    ...accepted,
    {
      ...gates('DENY'),
      attributes: { 'techno.decision': 'DENY', 'techno.gate': 'G6', 'techno.reason_codes': ['ACTION_UNKNOWN'] },
    },
    publish('gate-engine', 'action.denied'),
    process('auditor', 'action.denied', 'record-actions'),
  ],
  // Fails, is tried again, goes to the dead letters, is collected, replayed, decided anew and done: all of it in one trace.
  failed: [
    { ...server('/v1/process', 'obs_order', 502), fails: true },
    ...ran('http_executor_v1'),
    {
      service: 'executor',
      kind: 'client',
      name: 'POST /orders',
      attributes: { 'http.request.method': 'POST', 'http.response.status_code': 503, 'server.address': ANY },
    },
    { ...execute('http_executor_v1', { 'error.type': 'UPSTREAM_STATUS_503' }), fails: true },
    publish('executor', 'action.failed'),
    publish('executor', 'dead_letter'),
    process('dlq-replayer', 'dead_letter', 'collect-dead-letters'),
    { service: 'dlq-replayer', kind: 'producer', name: 'replay obs_order', attributes: { 'techno.replay': 1 } },
    publish('dlq-replayer', 'action.requested'),
    publish('executor', 'action.completed'),
    process('auditor', 'action.completed', 'record-actions'),
  ],
  webhook: [server('/v1/webhooks/{source}', 'echo', 202), ...completed('echo_executor_v1')],
};

/** What is wrong with a trace; nothing where it is one connected tree that holds all that is expected. */
export function traceFaults(spans: readonly ReceivedSpan[], expected: readonly ExpectedSpan[]): string[] {
  if (spans.length === 0) return ['no span of it has arrived'];
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined);
  const orphans = spans.filter(({ parentSpanId }) => parentSpanId !== undefined && !ids.has(parentSpanId));
  return [
    ...(roots.length === 1 ? [] : [`it has ${roots.length} roots instead of one: ${roots.map(shown).join(', ')}`]),
    ...orphans.map((span) => `${shown(span)} hangs below a span that is not there`),
    ...expected.filter((one) => !spans.some((span) => matches(span, one))).map((one) => missing(spans, one)),
  ];
}

function matches(span: ReceivedSpan, expected: ExpectedSpan): boolean {
  return (
    isCalled(span, expected) &&
    wrongAttribute(span, expected) === undefined &&
    (expected.fails !== true || span.error !== undefined)
  );
}

function isCalled(span: ReceivedSpan, { service, kind, name }: ExpectedSpan): boolean {
  return span.service === service && span.kind === kind && span.name === name;
}

function wrongAttribute({ attributes: has }: ReceivedSpan, { attributes = {} }: ExpectedSpan): string | undefined {
  const wrong = Object.entries(attributes).find(([name, value]) =>
    value === ANY ? has[name] === undefined : JSON.stringify(has[name]) !== JSON.stringify(value),
  );
  return wrong && `${wrong[0]} is ${JSON.stringify(has[wrong[0]]) ?? 'missing'}, not ${JSON.stringify(wrong[1])}`;
}

/** The nearest there is tells most: a span of another kind, or one with a wrong attribute. */
function missing(spans: readonly ReceivedSpan[], expected: ExpectedSpan): string {
  const called = spans.find((span) => isCalled(span, expected));
  if (called !== undefined) return `${shown(called)}: ${wrongAttribute(called, expected) ?? 'it should have failed'}`;
  return `${expected.service} [${expected.kind}] ${expected.name} is missing`;
}

function shown({ service, kind, name }: Pick<ReceivedSpan, 'service' | 'kind' | 'name'>): string {
  return `${service} [${kind}] ${name}`;
}

/** A trace as indented text, for people. */
export function drawn(spans: readonly ReceivedSpan[]): string {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const lines: string[] = [];
  const draw = (span: ReceivedSpan, depth: number): void => {
    const failed = span.error === undefined ? '' : ` FAILED ${span.error}`;
    const linked = span.links.length === 0 ? '' : ` (${span.links.length} links)`;
    lines.push(`${'  '.repeat(depth)}${shown(span)} ${span.durationMs.toFixed(1)} ms${linked}${failed}`);
    for (const child of byTime(spans.filter(({ parentSpanId }) => parentSpanId === span.spanId))) draw(child, depth + 1);
  };
  for (const top of byTime(spans.filter(({ parentSpanId }) => parentSpanId === undefined || !ids.has(parentSpanId))))
    draw(top, 0);
  return lines.join('\n');
}

function byTime(spans: readonly ReceivedSpan[]): ReceivedSpan[] {
  return spans.toSorted((a, b) => a.startMs - b.startMs);
}
