import { Agent, request } from 'node:http';
import { until } from '@techno/testkit';

/** Requests that are offered at a steady rate, whether or not those before have been answered. */
export interface Load {
  perSecond: number;
  /** Accepted since it was asked last. */
  accepted(): number;
  stop(): Promise<void>;
}

const TICK_MS = 100;

/** Asks for `action` over and over; every request has a payload of its own. */
export function startLoad(gateway: string, key: string, action: string): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const url = new URL('/v1/process', gateway);
  let [accepted, sent, owed, under] = [0, 0, 0, 0];
  const load: Load = {
    perSecond: 0,
    accepted() {
      const count = accepted;
      accepted = 0;
      return count;
    },
    async stop() {
      clearInterval(timer);
      await until(() => under === 0);
      agent.destroy();
    },
  };
  const one = () => {
    under++;
    const asked = request(url, {
      method: 'POST',
      agent,
      headers: { 'x-api-key': key, 'content-type': 'application/json', prefer: 'respond-async' },
    });
    asked.on('response', (response) => {
      if (response.statusCode === 202) accepted++;
      response.resume().on('close', () => under--);
    });
    asked.on('error', () => under--);
    asked.end(JSON.stringify({ action, context_id: 'default', payload: { n: sent++ } }));
  };
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    owed += (load.perSecond * (now - last)) / 1_000;
    last = now;
    for (; owed >= 1; owed--) one();
  }, TICK_MS);
  return load;
}
