import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMetrics, type Metrics } from './metrics.ts';

const OPENMETRICS = 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5';

let metrics: Metrics;
beforeEach(() => void (metrics = createMetrics('1.2.3')));
afterEach(() => metrics.stop());

async function lines(accept?: string): Promise<string[]> {
  return (await metrics.text(accept)).body.split('\n');
}

describe('metrics', () => {
  it('has every name and label that dashboards and alerts are written against', async () => {
    metrics.requests.processRequests.inc();
    metrics.requests.finished({ method: 'POST', route: '/v1/process', status: 200, seconds: 0.007 });
    metrics.requests.shed('in_flight');
    metrics.requests.webhookRejected('github', 'SIGNATURE_INVALID');
    metrics.gates.verdict('G10', 'deny');
    metrics.gates.promptInjectionBlocked.inc();
    metrics.actions.executorCalled('echo_executor_v1');
    metrics.actions.result('SUCCESS');
    metrics.health.checked('nats', false);
    metrics.health.checked('postgres', true);
    const actor = metrics.actor('decide');
    actor.begun();
    actor.ended('ok', 0.002);
    actor.begun();
    actor.retried('UPSTREAM_TIMEOUT');
    actor.deadLettered('ALLOW_INVALID');
    const lag = { stream: 'ACTIONS', consumer: 'decide', pending: 42, unacked: 3, redelivered: 1 };
    metrics.consumers.lagFrom(() => Promise.resolve([lag]));
    metrics.streams.usageFrom(() =>
      Promise.resolve([{ stream: 'ACTIONS', messages: 7, bytes: 700, limitBytes: 1_000, oldestSeconds: 60 }]),
    );
    metrics.store.queried('inbox-accept', 0.003, undefined);
    metrics.store.queried('inbox-accept', 0.2, 'STORE_REFUSED');
    metrics.store.connectionsFrom(() => ({ total: 3, idle: 1, waiting: 5 }));

    expect(await lines()).toEqual(
      expect.arrayContaining([
        'process_requests_total 1',
        'techno_requests_total{method="POST",route="/v1/process",status="200"} 1',
        'techno_request_latency_seconds_bucket{le="0.005",method="POST",route="/v1/process"} 0',
        'techno_request_latency_seconds_bucket{le="0.01",method="POST",route="/v1/process"} 1',
        'techno_request_latency_seconds_bucket{le="10",method="POST",route="/v1/process"} 1',
        'load_shed_total{reason="in_flight"} 1',
        'webhook_rejections_total{source="github",reason="SIGNATURE_INVALID"} 1',
        'gate_decisions_total{gate="G10",decision="deny"} 1',
        'gate_decisions_total{gate="G0",decision="pass"} 0',
        'prompt_injection_blocked_total 1',
        'trace_spans_exported_total{outcome="ok"} 0',
        'trace_spans_exported_total{outcome="failed"} 0',
        'executor_calls_total{executor="echo_executor_v1"} 1',
        'action_results_total{status="SUCCESS"} 1',
        'healthcheck_failures_total{check="nats"} 1',
        'healthcheck_failures_total{check="postgres"} 0',
        'healthcheck_up{check="nats"} 0',
        'healthcheck_up{check="postgres"} 1',
        'actor_attempts_total{actor="decide",outcome="ok"} 1',
        'actor_attempt_duration_seconds_count{actor="decide"} 1',
        'actor_in_flight{actor="decide"} 1',
        'actor_retries_total{actor="decide",code="UPSTREAM_TIMEOUT"} 1',
        'dead_letters_total{actor="decide",code="ALLOW_INVALID"} 1',
        'consumer_lag{stream="ACTIONS",consumer="decide"} 42',
        'consumer_unacked{stream="ACTIONS",consumer="decide"} 3',
        'consumer_redelivered{stream="ACTIONS",consumer="decide"} 1',
        'stream_messages{stream="ACTIONS"} 7',
        'stream_bytes{stream="ACTIONS"} 700',
        'stream_limit_bytes{stream="ACTIONS"} 1000',
        'stream_oldest_seconds{stream="ACTIONS"} 60',
        'database_query_seconds_bucket{le="0.005",statement="inbox-accept"} 1',
        'database_query_seconds_count{statement="inbox-accept"} 2',
        'database_failures_total{code="STORE_REFUSED"} 1',
        'database_connections{state="used"} 2',
        'database_connections{state="idle"} 1',
        'database_connections{state="waiting"} 5',
        'techno_build_info{version="1.2.3"} 1',
      ]),
    );
  });

  it('measures the process', async () => {
    const body = (await metrics.text()).body;
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_gc_duration_seconds']) {
      expect(body).toContain(`# TYPE ${name} `);
    }
    expect(body).toContain('# TYPE event_loop_lag_seconds gauge');
  });

  it('counts up over readings, in both formats, one after the other', async () => {
    const { processRequests } = metrics.requests;
    processRequests.inc();
    expect(await lines()).toContain('process_requests_total 1');
    processRequests.inc(2);
    expect(await lines(OPENMETRICS)).toContain('process_requests_total 3');
    const plain = await lines();
    expect(plain).toContain('process_requests_total 3');
    expect(plain).toContain('# TYPE process_cpu_seconds_total counter');
  });

  it('shows exemplars in OpenMetrics only', async () => {
    const traceId = 'ab12'.repeat(8);
    const request = { method: 'POST', route: '/v1/process', status: 200 };
    metrics.requests.finished({ ...request, seconds: 0.02, exemplarTraceId: traceId });
    metrics.requests.finished({ ...request, seconds: 0.3 });
    const [open, plain] = await Promise.all([metrics.text(OPENMETRICS), metrics.text('text/plain')]);
    expect(open.contentType).toMatch(/^application\/openmetrics-text/);
    expect(open.body).toMatch(new RegExp(`le="0.025".* # \\{trace_id="${traceId}"\\} 0.02 `));
    expect(open.body.match(/trace_id/g)).toHaveLength(1);
    expect(open.body.endsWith('# EOF\n')).toBe(true);
    expect(plain.contentType).toMatch(/^text\/plain/);
    expect(plain.body).not.toContain('trace_id');
  });

  it('does not grow with label values taken from data', async () => {
    for (let i = 0; i < 1_500; i++) metrics.requests.webhookRejected(`source-${i}`, 'UNKNOWN');
    const series = (await lines()).filter((line) => line.startsWith('webhook_rejections_total{'));
    expect(series).toHaveLength(1_001);
    expect(series).toContain('webhook_rejections_total{source="OTHER",reason="OTHER"} 500');
    metrics.actor('a').retried('connect ECONNREFUSED 10.0.0.7:443');
    metrics.requests.finished({ method: 'BREW', route: '/', status: 405, seconds: 0 });
    const body = (await metrics.text()).body;
    expect(body).toContain('actor_retries_total{actor="a",code="OTHER"} 1');
    expect(body).toContain('techno_requests_total{method="OTHER",route="/",status="405"} 1');
  });

  it('answers without the lag when it cannot be read, and does not keep an old one', async () => {
    let pending: () => Promise<number> = () => Promise.resolve(1);
    metrics.consumers.lagFrom(async () => [{ stream: 'S', consumer: 'c', pending: await pending(), unacked: 0, redelivered: 0 }]);
    expect(await lines()).toContain('consumer_lag{stream="S",consumer="c"} 1');
    pending = () => Promise.reject(new Error('no bus'));
    expect((await metrics.text()).body).not.toContain('consumer_lag{');
    pending = () => new Promise(() => {});
    expect((await metrics.text()).body).toContain('process_requests_total');
  });
});
