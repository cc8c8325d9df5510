import { z } from 'zod';
import { defineMessage } from './message.ts';

/**
 * What nats-server says when it gives a message up: delivered as often as its consumer allows, or terminated. Published by
 * the server itself, https://docs.nats.io/running-a-nats-service/configuration/resource_management
 */
export const consumerAdvisory = defineMessage({
  type: 'consumer.advisory',
  stream: 'ADVISORIES',
  pattern: '$JS.EVENT.ADVISORY.CONSUMER.>',
  subject: (body: ConsumerAdvisory) =>
    `$JS.EVENT.ADVISORY.CONSUMER.${body.type.endsWith('terminated') ? 'MSG_TERMINATED' : 'MAX_DELIVERIES'}.${body.stream}.${body.consumer}`,
  owners: [],
  schema: z.object({
    type: z.string(),
    timestamp: z.string(),
    stream: z.string(),
    consumer: z.string(),
    stream_seq: z.number().int(),
    deliveries: z.number().int(),
    reason: z.string().optional(),
  }),
});
export type ConsumerAdvisory = {
  type: string;
  timestamp: string;
  stream: string;
  consumer: string;
  stream_seq: number;
  deliveries: number;
  reason?: string | undefined;
};

export const DEAD_LETTER_ACTIONS = [
  'replay_requested',
  'edited',
  'replayed',
  'replay_failed',
  'discarded',
  'permanent_failure',
  'purged',
  'job_created',
  'job_paused',
  'job_resumed',
  'job_cancelled',
  'job_completed',
] as const;
export const deadLetterAction = z.enum(DEAD_LETTER_ACTIONS);
export type DeadLetterAction = z.infer<typeof deadLetterAction>;

/** What was done about dead letters, and by whom; many at a time, for bulk replays. For the audit trail. */
export const deadLetterActed = defineMessage({
  type: 'dead_letter.acted',
  stream: 'DEAD_LETTERS',
  // Not below `dead_letter.`: that is where dead letters themselves arrive.
  pattern: 'dlq.acted',
  subject: (_body: DeadLetterActed) => 'dlq.acted',
  owners: ['dlq-replayer'],
  schema: z.object({
    acts: z
      .array(
        z.object({
          /** Of the replayer's own record; what the trail is keyed by. */
          act_id: z.number().int(),
          trace_id: z.string(),
          at: z.string(),
          action: deadLetterAction,
          /** A principal's id, or `policy`, `gates`, `retention`. */
          by: z.string(),
          dead_letter_id: z.number().int().optional(),
          job_id: z.string().optional(),
          actor: z.string().optional(),
          replay: z.number().int().optional(),
          code: z.string().optional(),
          count: z.number().int().optional(),
        }),
      )
      .min(1),
  }),
});
export type DeadLetterActed = {
  acts: {
    act_id: number;
    trace_id: string;
    at: string;
    action: DeadLetterAction;
    by: string;
    dead_letter_id?: number | undefined;
    job_id?: string | undefined;
    actor?: string | undefined;
    replay?: number | undefined;
    code?: string | undefined;
    count?: number | undefined;
  }[];
};
