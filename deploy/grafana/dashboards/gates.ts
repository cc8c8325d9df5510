import { dashboard } from '../panels/dashboard.ts';
import { tracesOf } from '../panels/links.ts';
import { graph, stat } from '../panels/panels.ts';
import { quantile, rate } from '../panels/promql.ts';

export const gates = () =>
  dashboard({
    uid: 'techno-gates',
    title: 'Gates',
    description: 'Who is let through, who is not, and by which gate. An error in a gate denies.',
    sections: [
      {
        title: 'Decisions',
        panels: [
          stat({
            title: 'Allowed',
            description: 'Requests that passed all eleven gates, per second.',
            queries: [{ expr: rate('gate_decisions_total{gate="G10",decision="pass"}') }],
            unit: 'ops',
          }),
          stat({
            title: 'Denied',
            description: 'Requests that a gate denied, per second.',
            queries: [{ expr: rate('gate_decisions_total{decision="deny"}') }],
            unit: 'ops',
          }),
          stat({
            title: 'Gate errors in 5 min',
            description: 'A gate threw, or its facts were too old. Each was a denial. More than none is an alert.',
            queries: [{ expr: 'sum(increase(gate_decisions_total{decision="error"}[5m]))' }],
            alarmFrom: 1,
            decimals: 0,
          }),
          stat({
            title: 'Prompt injections in 1 h',
            description: 'Requests whose content looked like an attempt to instruct a model.',
            queries: [{ expr: 'sum(increase(prompt_injection_blocked_total[1h]))' }],
            warnFrom: 1,
            decimals: 0,
          }),
          stat({
            title: 'Facts are fresh',
            description: '0: keys and policy could not be confirmed for 5 s; soon every decision is a denial.',
            queries: [{ expr: 'min(healthcheck_up{check="facts"})' }],
            alarmBelow: 1,
          }),
          stat({
            title: 'P95 of a decision',
            description: 'From taking the request to the decision being committed and published.',
            queries: [{ expr: quantile(0.95, 'actor_attempt_duration_seconds', { matchers: 'actor="decide-action"' }) }],
            unit: 's',
            warnFrom: 0.1,
            alarmFrom: 1,
          }),
          graph({
            title: 'Denials by gate',
            description:
              'G1 and G2: credentials; G3: rate; G5, G6: context and action; G7: content; G8: replay; G9: closed; G10: the matrix.',
            queries: [{ expr: rate('gate_decisions_total{decision="deny"}', ['gate']), legend: '{{gate}}' }],
            unit: 'ops',
            stacked: true,
            links: [tracesOf('gate-engine', 'ask the gates')],
          }),
          graph({
            title: 'Errors by gate',
            description: 'Should be flat at 0.',
            queries: [{ expr: rate('gate_decisions_total{decision="error"}', ['gate']), legend: '{{gate}}' }],
            unit: 'ops',
          }),
        ],
      },
      {
        title: 'Speed',
        panels: [
          graph({
            title: 'Time of a decision',
            description: 'Includes the group commit of the decision.',
            queries: [0.5, 0.95, 0.99].map((of) => ({
              expr: quantile(of, 'actor_attempt_duration_seconds', { matchers: 'actor="decide-action"' }),
              legend: `p${of * 100}`,
            })),
            unit: 's',
          }),
          graph({
            title: 'Commit of decisions',
            description: 'One statement for many decisions.',
            queries: [0.5, 0.95, 0.99].map((of) => ({
              expr: quantile(of, 'database_query_seconds', { matchers: 'statement="decisions-insert"' }),
              legend: `p${of * 100}`,
            })),
            unit: 's',
          }),
          graph({
            title: 'Requests that wait for a decision',
            description: 'Lag of decide-action, and how many it has in hand.',
            queries: [
              { expr: 'max(consumer_lag{consumer="decide-action"})', legend: 'waiting' },
              { expr: 'sum(actor_in_flight{actor="decide-action"})', legend: 'being decided' },
            ],
          }),
          graph({
            title: 'Attempts',
            description: 'Anything but ok is tried again; decisions that cannot be committed are not given.',
            queries: [{ expr: rate('actor_attempts_total{actor="decide-action"}', ['outcome']), legend: '{{outcome}}' }],
            unit: 'ops',
          }),
        ],
      },
    ],
  });
