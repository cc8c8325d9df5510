import type { StreamName } from '@techno/contracts';
import { SECOND } from '@techno/kernel';
import type { Bus } from './bus.ts';

/** How full streams are, and since when they hold what they hold. Throws where one is missing. */
export async function usageOf(
  bus: Bus,
  streams: readonly StreamName[],
  nowMs: number,
): Promise<{ stream: string; messages: number; bytes: number; limitBytes: number; oldestSeconds: number | undefined }[]> {
  return Promise.all(
    streams.map(async (stream) => {
      const { state, config } = await bus.jsm.streams.info(stream);
      const oldestSeconds = state.messages === 0 ? undefined : Math.max(0, (nowMs - Date.parse(state.first_ts)) / SECOND);
      return { stream, messages: state.messages, bytes: state.bytes, limitBytes: config.max_bytes, oldestSeconds };
    }),
  );
}
