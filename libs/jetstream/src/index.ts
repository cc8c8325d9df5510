export { type Bus, connectBus } from './bus.ts';
export { type Endpoint, endpoint, request, RequestError, serveRequests } from './requests.ts';
export { consumerConfig, runActor, type RunActorDeps } from './run-actor.ts';
export { runBatchActor } from './run-batch-actor.ts';
export { ensureStreams, pendingOf } from './topology.ts';
export { createTransport } from './transport.ts';
export { listenForReplies } from './replies.ts';
export { tail, type Tailed } from './tail.ts';
export { storedMessage, streamCreated } from './stored.ts';
