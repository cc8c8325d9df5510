export { answersInOrder } from './answers-in-order.ts';
export { assertNever } from './assert-never.ts';
export { exponentialDelayMs, jittered } from './backoff.ts';
export { type Clock, rfc3339, systemClock } from './clock.ts';
export { DAY, HOUR, MINUTE, SECOND } from './duration.ts';
export { errorCode, errorMessage, StartupError, TechnoError, TemporaryError, TerminalError } from './errors.ts';
export { isTraceId, newId, newSpanId, newW3cTraceId, randomHex, traceIdFrom, w3cTraceIdOf } from './ids.ts';
export { every, pause } from './pause.ts';
export { seededRandom } from './seeded-random.ts';
