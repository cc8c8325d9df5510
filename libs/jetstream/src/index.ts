export { type Bus, connectBus } from './bus.ts';
export { type Endpoint, endpoint, request, RequestError, serveRequests } from './requests.ts';
export { consumerConfig, runActor, type RunActorDeps } from './run-actor.ts';
export { runBatchActor } from './run-batch-actor.ts';
export { applyStreams, ensureStreams, pendingOf, pendingWhereThere } from './topology.ts';
export { createTransport } from './transport.ts';
export { listenForReplies } from './replies.ts';
export { tail, type Tailed } from './tail.ts';
export { storedMessages, streamCreated } from './stored.ts';
export { usageOf } from './stream-usage.ts';
export {
  positionOf,
  removeEmptyStreams,
  restoreStream,
  snapshotStream,
  type StreamDescription,
  streamNames,
  type StreamPosition,
} from './stream-snapshot.ts';
