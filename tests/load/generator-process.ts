import { constantArrivals, poissonArrivals } from '../../bench/load/arrivals.ts';
import { openArrivals } from '../../bench/load/open-loop.ts';
import type { LoadNews, LoadOrder } from './generator.ts';
import { createTimeline } from './timeline.ts';

const tell = (news: LoadNews) => void process.send?.(news);

async function run({ target, perSecond, seconds, arrivals, seed }: LoadOrder): Promise<void> {
  const cpuAtStart = process.cpuUsage();
  const timeline = createTimeline(performance.now());
  let told = 0;
  const tellSeconds = (unfinished: number) => {
    const series = timeline.series();
    for (; told < series.length - unfinished; told++) {
      const second = series[told];
      if (second !== undefined) tell({ kind: 'second', number: told + 1, second });
    }
  };
  const progress = setInterval(() => tellSeconds(1), 250);
  const due = arrivals === 'poisson' ? poissonArrivals(perSecond, seconds, seed) : constantArrivals(perSecond, seconds);
  await openArrivals(target, due, timeline);
  clearInterval(progress);
  tellSeconds(0);
  const { user, system } = process.cpuUsage(cpuAtStart);
  tell({ kind: 'done', run: timeline.result(perSecond, user + system) });
}

process.once('message', (order: LoadOrder) => void run(order));
process.on('disconnect', () => process.exit(0));
