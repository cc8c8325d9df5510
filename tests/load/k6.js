// For a cluster, from outside of it: k6 run -e URL=https://… -e KEY=sk_… -e RATE=2000 -e FOR=5m tests/load/k6.js
// The same open model as `npm run load`: iterations start at their rate, whatever the answers do. What k6 could not start in time
// is counted (dropped_iterations), and any of it fails the run: more VUS are needed then.
import { check, sleep } from 'k6';
import http from 'k6/http';

const RATE = Number(__ENV.RATE || 500);
const FOR = __ENV.FOR || '1m';

export const options = {
  discardResponseBodies: false,
  scenarios: {
    // STEPS=100,200,400 walks up to the knee; otherwise one rate.
    actions: __ENV.STEPS
      ? {
          executor: 'ramping-arrival-rate',
          startRate: Number(__ENV.STEPS.split(',')[0]),
          timeUnit: '1s',
          preAllocatedVUs: Number(__ENV.VUS || 500),
          stages: __ENV.STEPS.split(',').flatMap((rate) => [
            { target: Number(rate), duration: '5s' },
            { target: Number(rate), duration: FOR },
          ]),
        }
      : {
          executor: 'constant-arrival-rate',
          rate: RATE,
          timeUnit: '1s',
          duration: FOR,
          preAllocatedVUs: Number(__ENV.VUS || 500),
        },
  },
  thresholds: {
    http_req_failed: ['rate<0.001'],
    http_req_duration: ['p(99)<500'],
    dropped_iterations: ['count==0'],
    checks: ['rate>0.999'],
  },
};

// Another run's keys are other keys.
const START = __ENV.RUN || Date.now();
const headers = { 'Content-Type': 'application/json', 'X-API-KEY': __ENV.KEY };

const REFUSED = [0, 429, 503];

// IMPATIENT=1: asks again ten times a second under the same key until it is taken, as a herd does after an outage.
function asked(body, key) {
  const params = { headers: { ...headers, 'Idempotency-Key': key }, tags: { name: 'POST /v1/process' } };
  for (let again = 0; ; again++) {
    const answer = http.post(`${__ENV.URL}/v1/process`, body, params);
    if (!__ENV.IMPATIENT || again === 600 || !REFUSED.includes(answer.status)) return answer;
    sleep(0.1);
  }
}

export default function () {
  const key = `k6-${START}-${__VU}-${__ITER}`;
  const body = JSON.stringify({ action: 'echo', context_id: 'default', payload: { vu: __VU, iteration: __ITER } });
  const answer = asked(body, key);
  check(answer, { 'completed at once': (got) => got.status === 200 && got.json('status') === 'COMPLETED' });
}
