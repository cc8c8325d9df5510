// Loaded into every process of a stack whose clocks are to be moved (NODE_OPTIONS=--import): a service's Date is off by as many
// milliseconds as the file named by TECHNO_CHAOS_CLOCKS says for it. What measures durations (performance.now) is left alone.
import { readFileSync } from 'node:fs';

const file = process.env.TECHNO_CHAOS_CLOCKS;
const service = /services\/([^/]+)\/src\/main\.ts$/.exec(process.argv[1] ?? '')?.[1];

if (file !== undefined && service !== undefined) {
  const RealDate = Date;
  let offset = 0;
  const read = () => {
    try {
      offset = JSON.parse(readFileSync(file, 'utf8'))[service] ?? 0;
    } catch {
      // Half written: the next look finds it whole.
    }
  };
  read();
  setInterval(read, 100).unref();
  globalThis.Date = class Date extends RealDate {
    constructor(...args) {
      super(...(args.length === 0 ? [RealDate.now() + offset] : args));
    }
    static now() {
      return RealDate.now() + offset;
    }
  };
}
