import { type ActionRequest, actionRequest, defineMessage, type MessageContract } from '@techno/contracts';

/** A message of the tests alone, on subjects of the stream ACTIONS that nothing else consumes. `context_id`: how it behaves. */
export function deadlyMessage(on: string): MessageContract<ActionRequest> {
  return defineMessage({
    type: `test.deadly.${on}`,
    stream: 'ACTIONS',
    pattern: `action.test.${on}.>`,
    subject: (body: ActionRequest) => `action.test.${on}.${body.context_id}`,
    schema: actionRequest,
    owners: [],
  });
}

export function message(id: string, behaviour: 'deadly' | 'harmless'): ActionRequest {
  return { action: id, context_id: behaviour, payload: {} };
}
