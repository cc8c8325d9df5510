import { dashboard } from '../panels/dashboard.ts';
import { tracesOf } from '../panels/links.ts';
import { graph, stat, table } from '../panels/panels.ts';
import { quantile, rate, share } from '../panels/promql.ts';

const ASKED = 'techno_requests_total{route=~"/v1/process|/v1/notifications|/v1/webhooks/.*"}';

export const overview = () =>
  dashboard({
    uid: 'techno-overview',
    title: 'Overview',
    description: 'Is it healthy? The first row answers; the others say where to look.',
    sections: [
      {
        title: 'At a glance',
        panels: [
          stat({
            title: 'Processes up',
            description: 'Share of scraped processes that answered the last scrape. Below 100 %: see “Backends” for which.',
            queries: [{ expr: 'avg(up{job="techno"})' }],
            unit: 'percentunit',
            alarmBelow: 1,
          }),
          stat({
            title: 'Throughput',
            description: 'Actions asked for over HTTP, per second.',
            queries: [{ expr: rate('process_requests_total') }],
            unit: 'reqps',
            decimals: 1,
          }),
          stat({
            title: 'Errors (5xx)',
            description: 'Share of requests for action that were answered 5xx: 502 and 504 are upstreams, 503 is this system.',
            queries: [{ expr: share(ASKED.replace('{', '{status=~"5..",'), ASKED) }],
            unit: 'percentunit',
            warnFrom: 0.01,
            alarmFrom: 0.05,
          }),
          stat({
            title: 'P95 of /v1/process',
            description: 'The alert HighLatencyP95 fires above 1.5 s.',
            queries: [{ expr: quantile(0.95, 'techno_request_latency_seconds', { matchers: 'route="/v1/process"' }) }],
            unit: 's',
            warnFrom: 0.5,
            alarmFrom: 1.5,
          }),
          stat({
            title: 'Dead letters waiting',
            description: 'Messages that failed for good and wait for somebody. See the dashboard Dead letters.',
            queries: [{ expr: 'sum(dead_letters_pending)' }],
            warnFrom: 1,
            alarmFrom: 100,
          }),
          stat({
            title: 'Greatest lag',
            description: 'Messages that wait for the slowest consumer.',
            queries: [{ expr: 'max(consumer_lag)' }],
            warnFrom: 1_000,
            alarmFrom: 10_000,
          }),
        ],
      },
      {
        title: 'Actions',
        panels: [
          graph({
            title: 'Requests by answer',
            description:
              'Answers of the gateway to everything that asks for an action. 202: not done within the time the caller waits.',
            queries: [{ expr: rate(ASKED, ['status']), legend: '{{status}}' }],
            unit: 'reqps',
            stacked: true,
            links: [tracesOf('gateway')],
          }),
          graph({
            title: 'Latency of /v1/process',
            description: 'From the first byte of the request to the answer. A dot is a recorded request: it opens its trace.',
            queries: [0.5, 0.95, 0.99].map((of) => ({
              expr: quantile(of, 'techno_request_latency_seconds', { matchers: 'route="/v1/process"' }),
              legend: `p${of * 100}`,
              exemplars: of === 0.95,
            })),
            unit: 's',
            links: [tracesOf('gateway', 'POST /v1/process')],
          }),
          graph({
            title: 'Decisions',
            description: 'What the gates decided. An error inside a gate is a denial, and the alert GateErrors.',
            queries: [
              { expr: rate('gate_decisions_total{gate="G10",decision="pass"}'), legend: 'allowed' },
              { expr: rate('gate_decisions_total{decision="deny"}'), legend: 'denied' },
              { expr: rate('gate_decisions_total{decision="error"}'), legend: 'gate error' },
            ],
            unit: 'ops',
            links: [tracesOf('gate-engine')],
          }),
          graph({
            title: 'How actions ended',
            description: 'Terminal states. UNKNOWN: nobody can say whether the effect happened, so it is not repeated.',
            queries: [{ expr: rate('action_results_total', ['status']), legend: '{{status}}' }],
            unit: 'ops',
            stacked: true,
          }),
        ],
      },
      {
        title: 'Backends',
        panels: [
          table({
            title: 'Processes',
            description: '1: its last scrape succeeded.',
            queries: [{ expr: 'up{job="techno"}' }],
            alarmBelow: 1,
          }),
          graph({
            title: 'What they need',
            description:
              '1 while NATS, PostgreSQL and what else a process cannot do without answer it; the lowest over all processes.',
            queries: [{ expr: 'min by (service, check) (healthcheck_up)', legend: '{{service}} {{check}}' }],
            max: 1,
          }),
          graph({
            title: 'Rejected webhooks',
            description: 'By source and reason. A sudden rise: a rotated secret, or somebody guessing.',
            queries: [{ expr: rate('webhook_rejections_total', ['source', 'reason']), legend: '{{source}} {{reason}}' }],
            unit: 'ops',
          }),
          graph({
            title: 'Back-pressure',
            description:
              'Requests shed with 503, accepted requests NATS has not taken yet, those driven again because they had not ended in time, and how late sweepers look. The alert SweeperBehind.',
            queries: [
              { expr: rate('load_shed_total', ['reason']), legend: 'shed: {{reason}}' },
              { expr: 'sum(driver_backlog)', legend: 'waiting for NATS' },
              { expr: rate('sweeper_driven_total'), legend: 'driven again' },
              { expr: 'max(sweeper_behind_seconds)', legend: 'sweepers behind (s)' },
            ],
          }),
        ],
      },
    ],
  });
