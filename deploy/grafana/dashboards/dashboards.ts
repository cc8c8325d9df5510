/* oxlint-disable typescript/no-deprecated -- the schema that Grafana provisions from files */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { deadLetters } from './dead-letters.ts';
import { executors } from './executors.ts';
import { gates } from './gates.ts';
import { nats } from './nats.ts';
import { notifier } from './notifier.ts';
import { overview } from './overview.ts';
import { runtime } from './runtime.ts';
import { scheduler } from './scheduler.ts';

/** Every dashboard by the name of its generated file. A new one: its file here, and a line. */
export const DASHBOARDS: Readonly<Record<string, () => Dashboard>> = {
  overview,
  gates,
  executors,
  notifier,
  scheduler,
  'dead-letters': deadLetters,
  nats,
  runtime,
};
