import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { FaultResult } from '../run-fault.ts';
import { chaosTable, complaints } from './chaos-table.ts';

/** Everything a table row was made from: each answer, the account, the logs of the stack as they are by then. */
export async function keepEvidence(dir: string, result: FaultResult, logs: string): Promise<void> {
  const folder = path.join(dir, result.fault);
  await mkdir(folder, { recursive: true });
  const { answers, suspects, ...rest } = result;
  await writeFile(path.join(folder, 'result.json'), `${JSON.stringify(rest, null, 2)}\n`);
  await writeFile(path.join(folder, 'answers.ndjson'), answers.map((answer) => `${JSON.stringify(answer)}\n`).join(''));
  await writeFile(path.join(folder, 'suspects.json'), `${JSON.stringify(suspects, null, 2)}\n`);
  await cp(logs, path.join(folder, 'logs'), { recursive: true, force: true }).catch(() => {});
}

export async function keepSummary(dir: string, results: readonly FaultResult[], command: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  const text = [
    `# \`${command}\``,
    new Date().toISOString(),
    chaosTable(results),
    ...complaints(results).map((line) => `- ${line}`),
  ];
  await writeFile(path.join(dir, 'README.md'), `${text.join('\n\n')}\n`);
  await writeFile(
    path.join(dir, 'results.json'),
    `${JSON.stringify(
      results.map(({ answers: _, suspects: __, ...rest }) => rest),
      null,
      2,
    )}\n`,
  );
}
