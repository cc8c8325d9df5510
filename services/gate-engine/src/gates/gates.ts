import { g0Trace } from './g0-trace.ts';
import { g1Identity } from './g1-identity.ts';
import { g10Matrix } from './g10-matrix.ts';
import { g2Credential } from './g2-credential.ts';
import { g3Rate } from './g3-rate.ts';
import { g4Payload } from './g4-payload.ts';
import { g5Context } from './g5-context.ts';
import { g6Action } from './g6-action.ts';
import { g7Content } from './g7-content.ts';
import { g8Replay } from './g8-replay.ts';
import { g9System } from './g9-system.ts';
import type { Gate } from './gate.ts';

/** The gates in the order in which they are asked. */
export const gates: readonly Gate[] = [
  g0Trace,
  g1Identity,
  g2Credential,
  g3Rate,
  g4Payload,
  g5Context,
  g6Action,
  g7Content,
  g8Replay,
  g9System,
  g10Matrix,
];
