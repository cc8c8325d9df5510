import { dashboard } from '../panels/dashboard.ts';
import { tracesOf } from '../panels/links.ts';
import { graph, stat } from '../panels/panels.ts';
import { quantile, rate, share } from '../panels/promql.ts';

const EXECUTE = 'actor=~"execute-.*"';

export const executors = () =>
  dashboard({
    uid: 'techno-executors',
    title: 'Executors and LLM',
    description: 'What runs, how long it takes, what fails, and what the model costs.',
    sections: [
      {
        title: 'Executors',
        panels: [
          graph({
            title: 'Runs',
            description: 'Attempts by executor, retries and steps of composites included.',
            queries: [{ expr: rate('executor_calls_total', ['executor']), legend: '{{executor}}' }],
            unit: 'ops',
            stacked: true,
            links: [tracesOf('executor')],
          }),
          graph({
            title: 'P95 of an attempt',
            description: 'From taking an allowed action to settling it: verify, fence, run, validate, commit.',
            queries: [
              {
                expr: quantile(0.95, 'actor_attempt_duration_seconds', { matchers: EXECUTE, by: ['actor'] }),
                legend: '{{actor}}',
              },
            ],
            unit: 's',
          }),
          graph({
            title: 'Outcomes',
            description: 'retry: tried again later; dead_letter: given up; released: the process stopped in between.',
            queries: [{ expr: rate(`actor_attempts_total{${EXECUTE}}`, ['outcome']), legend: '{{outcome}}' }],
            unit: 'ops',
          }),
          graph({
            title: 'Retries by cause',
            description: 'Error codes of attempts that will be made again; docs/ERRORS.md says what each means.',
            queries: [{ expr: rate(`actor_retries_total{${EXECUTE}}`, ['actor', 'code']), legend: '{{actor}} {{code}}' }],
            unit: 'ops',
          }),
          graph({
            title: 'Breakers',
            description: '1 while a breaker is open: its upstream is left alone, and waiting costs no attempts.',
            queries: [{ expr: 'max by (breaker) (breaker_open{service="executor"})', legend: '{{breaker}}' }],
            max: 1,
          }),
          graph({
            title: 'Waiting and running',
            description: 'Allowed actions that wait for their executor, and those that run.',
            queries: [
              { expr: 'max by (consumer) (consumer_lag{consumer=~"execute-.*"})', legend: '{{consumer}} waiting' },
              { expr: `sum by (actor) (actor_in_flight{${EXECUTE}})`, legend: '{{actor}} running' },
            ],
          }),
        ],
      },
      {
        title: 'Language model',
        panels: [
          stat({
            title: 'P95 of a call',
            description: 'The alert LLMLatency fires on this.',
            queries: [{ expr: quantile(0.95, 'llm_request_seconds') }],
            unit: 's',
            span: 6,
            warnFrom: 10,
            alarmFrom: 30,
          }),
          stat({
            title: 'Failed calls',
            description: 'Share of calls that ended in an error.',
            queries: [{ expr: share('llm_requests_total{outcome!="ok"}', 'llm_requests_total') }],
            unit: 'percentunit',
            span: 6,
            warnFrom: 0.05,
            alarmFrom: 0.25,
          }),
          stat({
            title: 'Spent in 24 h',
            description: 'By the configured prices.',
            queries: [{ expr: 'sum(increase(llm_cost_usd_total[24h]))' }],
            unit: 'currencyUSD',
            span: 6,
            decimals: 2,
          }),
          stat({
            title: 'Tokens in 24 h',
            description: 'Given and received.',
            queries: [{ expr: 'sum(increase(llm_tokens_total[24h]))' }],
            span: 6,
          }),
          graph({
            title: 'Calls by outcome',
            description: 'ok, or the code the call failed with.',
            queries: [{ expr: rate('llm_requests_total', ['model', 'outcome']), legend: '{{model}} {{outcome}}' }],
            unit: 'ops',
            links: [tracesOf('executor', 'chat')],
          }),
          graph({
            title: 'Time of a call',
            description: 'By model.',
            queries: [0.5, 0.95].map((of) => ({
              expr: quantile(of, 'llm_request_seconds', { by: ['model'] }),
              legend: `{{model}} p${of * 100}`,
            })),
            unit: 's',
          }),
        ],
      },
    ],
  });
