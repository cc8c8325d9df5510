import { readFileSync } from 'node:fs';
import os from 'node:os';

/** What a figure is worth nothing without. */
export function describeMachine(): string[] {
  const cpus = os.cpus();
  const gib = (os.totalmem() / 1024 ** 3).toFixed(1);
  return [
    `${cpus[0]?.model.trim() ?? 'unknown processor'}, ${os.availableParallelism()} cores, ${gib} GiB`,
    `${os.type()} ${os.release()} ${os.arch()}, ${distribution()}`,
    `Node ${process.versions.node}`,
  ];
}

function distribution(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown distribution';
  } catch {
    return 'unknown distribution';
  }
}
