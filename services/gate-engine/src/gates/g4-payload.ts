import { policyOf } from './facts.ts';
import type { Gate } from './gate.ts';
import { type JsonFault, jsonFault } from './json-shape.ts';

/** Is the payload a JSON object of bearable size and depth? */
export const g4Payload: Gate = {
  name: 'G4',
  check({ request, facts }) {
    const { maxBytes, maxDepth } = policyOf(facts).document.payload;
    if (!Number.isFinite(request.bytes) || request.bytes > maxBytes) {
      return { reason: 'PAYLOAD_TOO_LARGE', message: `The payload is larger than the ${maxBytes} bytes the policy allows.` };
    }
    const { payload } = request.request;
    if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return { reason: 'PAYLOAD_INVALID' };
    const fault = jsonFault(payload, maxDepth);
    if (fault === undefined) return 'pass';
    if (fault === 'too-deep') {
      return {
        reason: 'PAYLOAD_TOO_DEEP',
        message: `The payload is nested deeper than the ${maxDepth} levels the policy allows.`,
      };
    }
    return { reason: 'PAYLOAD_INVALID', message: SENTENCES[fault] };
  },
};

const SENTENCES: Record<Exclude<JsonFault, 'too-deep'>, string> = {
  'forbidden-key': "The payload holds the key '__proto__'.",
  'not-json': 'The payload holds a value that JSON cannot carry.',
};
