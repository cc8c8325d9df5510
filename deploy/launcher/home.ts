import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { errorMessage, StartupError } from '@techno/kernel';

/** Everything the stack keeps, below one folder. */
export interface Home {
  readonly dir: string;
  /** For scripts: where everything is. */
  readonly stack: string;
  readonly secrets: string;
  /** Held by the launcher that runs on this folder. */
  readonly lock: string;
  /** What the launcher started, so that the next one can end what a crash left. */
  readonly processes: string;
  readonly logs: string;
  readonly nats: string;
  readonly natsConfig: string;
  readonly postgres: string;
}

export function homeAt(dir: string): Home {
  const at = (...parts: string[]) => path.join(dir, ...parts);
  return {
    dir,
    stack: at('stack.json'),
    secrets: at('secrets.json'),
    lock: at('launcher.lock'),
    processes: at('processes.json'),
    logs: at('logs'),
    nats: at('nats'),
    natsConfig: at('nats.conf'),
    postgres: at('postgres'),
  };
}

export function logFile(home: Home, name: string): string {
  return path.join(home.logs, `${name}.log`);
}

/** What `reset` may remove: nothing but what the launcher made, should the folder turn out to be something else. */
export function ownedEntries(home: Home): readonly string[] {
  return [home.stack, home.secrets, home.processes, home.logs, home.nats, home.natsConfig, home.postgres, home.lock];
}

/** @throws StartupError HOME_NOT_WRITABLE */
export function makeHome(home: Home): void {
  try {
    // Passable, because PostgreSQL may run under another account; every secret in it is 0600.
    mkdirSync(home.dir, { recursive: true, mode: 0o755 });
    mkdirSync(home.logs, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new StartupError(
      'HOME_NOT_WRITABLE',
      `the data folder ${home.dir} cannot be made: ${errorMessage(cause)}`,
      'Choose another one with TECHNO_HOME, or change its owner.',
      { cause },
    );
  }
}
