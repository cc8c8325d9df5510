import { findInjection } from './content/injection.ts';
import { payloadStrings } from './content/strings.ts';
import { unsafeCharacter } from './content/unsafe-characters.ts';
import { policyOf } from './facts.ts';
import type { Gate } from './gate.ts';

/** Is the content safe to hand on: no hidden characters, nothing that speaks to a model? */
export const g7Content: Gate = {
  name: 'G7',
  check({ request, facts }) {
    const injection = policyOf(facts).actions.get(request.request.action)?.spec.promptInjection ?? 'deny';
    const strings = payloadStrings(request.request.payload);
    for (const text of strings) {
      const character = unsafeCharacter(text);
      if (character !== undefined) {
        return { reason: 'CONTENT_UNSAFE', message: `The payload holds the control or invisible character ${character}.` };
      }
    }
    if (injection === 'deny') {
      const shape = findInjection(strings);
      if (shape !== undefined) {
        return { reason: 'PROMPT_INJECTION', message: `The payload looks like an attempt to instruct the model (${shape}).` };
      }
    }
    return 'pass';
  },
};
