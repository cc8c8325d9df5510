import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DASHBOARDS } from './dashboards/dashboards.ts';

/** Where Grafana finds them (`provisioning/dashboards/techno.yaml`). */
export const GENERATED = path.join(import.meta.dirname, 'generated');

/** The text of every generated file by its name. */
export function generated(): Map<string, string> {
  return new Map(
    Object.entries(DASHBOARDS).map(([name, build]) => [`${name}.json`, `${JSON.stringify(build(), undefined, 2)}\n`]),
  );
}

function write(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const files = generated();
  // One that is no longer written would stay in Grafana for ever.
  for (const old of readdirSync(folder)) if (!files.has(old)) rmSync(path.join(folder, old));
  for (const [name, text] of files) writeFileSync(path.join(folder, name), text);
  process.stdout.write(`${files.size} dashboards in ${path.relative(process.cwd(), folder)}\n`);
}

if (import.meta.main) write(GENERATED);
