import { TraceIdRatioBasedSampler, SamplingDecision } from '@opentelemetry/sdk-trace';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sampledShare } from './sampling.ts';

const hexDigit = fc.integer({ min: 0, max: 15 }).map((digit) => digit.toString(16));
const traceId = fc.string({ unit: hexDigit, minLength: 32, maxLength: 32 }).filter((id) => /[^0]/.test(id));

test('decides as the sampler of OpenTelemetry does', () => {
  fc.assert(
    fc.property(traceId, fc.double({ min: 0, max: 1, noNaN: true }), (id, ratio) => {
      const { decision } = new TraceIdRatioBasedSampler(ratio).shouldSample(ROOT_CONTEXT, id);
      expect(sampledShare(ratio)(id)).toBe(decision === SamplingDecision.RECORD_AND_SAMPLED);
    }),
    { numRuns: 1_000 },
  );
});

test.each([0, 1])('a share of %d is none or all', (ratio) => {
  expect(sampledShare(ratio)('0'.repeat(31) + '1')).toBe(ratio === 1);
  expect(sampledShare(ratio)('f'.repeat(8) + '0'.repeat(24))).toBe(ratio === 1);
});
