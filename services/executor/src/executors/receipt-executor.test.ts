import type { NotificationReceipt } from '@techno/contracts';
import { systemClock } from '@techno/kernel';
import { expect, it } from 'vitest';
import { callOf } from './call.fixture.ts';
import { executorConformance } from './executor.conformance.ts';
import { receiptExecutor } from './receipt-executor.ts';

const report = { event: 'messages.update', data: { keyId: 'A', status: 'READ' } };

function receiptTaker() {
  const asked: NotificationReceipt[] = [];
  const executor = receiptExecutor({
    clock: systemClock,
    notifier: {
      async receipt(body) {
        asked.push(body);
        return { asked: body.receipt_id, trace_id: body.trace_id, deliveries: 1 };
      },
    },
  });
  return { asked, executor };
}

executorConformance('receipt_executor_v1', false, async () => ({
  executor: receiptTaker().executor,
  good: callOf({ report }),
  async [Symbol.asyncDispose]() {},
}));

it('hands the report over as it came, and is done when it is committed', async () => {
  const { asked, executor } = receiptTaker();
  expect(await executor.execute(callOf({ report }))).toEqual({ result: { receipts: 1 } });
  expect(asked).toMatchObject([{ receipt_id: 'rcp_0123456789abcdef0123456789abcdef', channel: 'whatsapp', report }]);
});
