import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type ServiceName, SERVICES } from '@techno/contracts';
import type { LogSource } from './world.ts';

/** `<service>.log`, `<service>-2.log`, … of one folder. What stood there before `since` (epoch ms) is left out. */
export function logsInFolder(folder: string, since: number): LogSource {
  const linesOf = (service: ServiceName): string[] => {
    const own = readdirSync(folder).filter((file) => new RegExp(`^${service}(-\\d+)?\\.log$`).test(file));
    const text = own.map((file) => readFileSync(path.join(folder, file), 'utf8')).join('');
    // The last one may still be under way.
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    return whole.split('\n').filter((line) => line !== '');
  };
  return {
    name: folder,
    lines: () =>
      Promise.resolve(
        new Map(SERVICES.map((service) => [service, linesOf(service).filter((line) => timeOf(line) >= since)] as const)),
      ),
    silent: () => Promise.resolve(SERVICES.filter((service) => linesOf(service).length === 0)),
  };
}

/** A line that does not say belongs to the run: it is at fault, and should be seen. */
function timeOf(line: string): number {
  const time = Date.parse(/"time":"([^"]+)"/.exec(line)?.[1] ?? '');
  return Number.isNaN(time) ? Number.POSITIVE_INFINITY : time;
}
