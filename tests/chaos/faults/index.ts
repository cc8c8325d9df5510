import type { Fault } from '../fault.ts';
import { engineClock, executorClock, senderClocks } from './clock-skew.ts';
import { diskFull } from './disk-full.ts';
import { duplicatePublish } from './duplicate-publish.ts';
import { killServices } from './kill-service.ts';
import { natsKilled, natsWiped } from './nats-killed.ts';
import { natsStoreFull, natsStoreWraps } from './nats-store-full.ts';
import { networkCut, networkDelay, networkHalfOpen, networkReset } from './network.ts';
import { poisonMessage } from './poison-message.ts';
import { postgresKilled } from './postgres-killed.ts';
import { rolling } from './rolling-restart.ts';
import { slowConsumer } from './slow-consumer.ts';
import { freezes } from './stop-beyond-lease.ts';
import { thunderingHerd } from './thundering-herd.ts';
import { upstreamFaults } from './upstream.ts';

/** Every fault, in the order of the table: those on the same ground follow each other. A new one is its file and one line here. */
export const FAULTS: readonly Fault[] = [
  ...killServices,
  rolling,
  ...freezes,
  natsKilled,
  natsWiped,
  natsStoreFull,
  natsStoreWraps,
  postgresKilled,
  thunderingHerd,
  duplicatePublish,
  poisonMessage,
  senderClocks,
  ...upstreamFaults,
  slowConsumer,
  networkDelay,
  networkReset,
  networkCut,
  networkHalfOpen,
  executorClock,
  engineClock,
  diskFull,
];
