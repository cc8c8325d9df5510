import { alerts } from './alerts.ts';
import type { Check } from './check.ts';
import { health, stillHealthy } from './health.ts';
import { logs } from './logs.ts';
import { metrics } from './metrics.ts';
import { prometheus } from './prometheus.ts';
import { queries } from './queries.ts';
import { traces } from './traces.ts';
import { traffic } from './traffic.ts';

/** In this order: each stands on those before it. */
export const CHECKS: readonly Check[] = [health, traffic, metrics, prometheus, queries, traces, logs, alerts, stillHealthy];
