import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isPipeline } from '../../deploy/monitoring/config.ts';
import { findProgram, type Program, programOf } from '../../deploy/monitoring/programs.ts';

const run = promisify(execFile);

/**
 * Why a test that needs these programs is skipped; '' where they are all there. In a pipeline nothing is skipped: the test runs,
 * and fails with MONITORING_MISSING.
 */
export function missing(...programs: readonly Program[]): string {
  const absent = programs.filter((program) => findProgram(program) === undefined);
  return absent.length === 0 || isPipeline()
    ? ''
    : `not installed: ${absent.join(', ')} (Debian: prometheus, prometheus-alertmanager)`;
}

/** Runs it to its end. @throws StartupError MONITORING_MISSING */
export async function output(program: Program, args: readonly string[]): Promise<{ ok: boolean; text: string }> {
  try {
    const { stdout, stderr } = await run(programOf(program), args, { maxBuffer: 16_777_216 });
    return { ok: true, text: stdout + stderr };
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    if (stdout === undefined) throw error;
    return { ok: false, text: stdout + (stderr ?? '') };
  }
}
