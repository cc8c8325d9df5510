import { StartupError } from '@techno/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { hexKey, readConfig } from './config.ts';

const good = { NATS_URL: 'nats://localhost', DATABASE_URL: 'postgres://localhost/techno' };

function faultsOf(env: Record<string, string | undefined>, shape: z.ZodRawShape = {}): string {
  try {
    readConfig('executor', shape, env);
  } catch (error) {
    expect(error).toBeInstanceOf(StartupError);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    return (error as StartupError).message;
  }
  return 'none';
}

describe('readConfig', () => {
  it('fills in the defaults', () => {
    expect(readConfig('executor', {}, good)).toEqual({
      ...good,
      TECHNO_OPS_HOST: '0.0.0.0',
      TECHNO_METRICS: 'on',
      TECHNO_OPS_PORT: 9100,
      TECHNO_LOG_LEVEL: 'info',
      TECHNO_TRACE_RATIO: 0.05,
      TECHNO_STREAM_REPLICAS: 1,
      TECHNO_GRACE_MS: 8_000,
      OTEL_SDK_DISABLED: 'false',
    });
  });

  it('reads what is given, by its type, and nothing that nobody asked for', () => {
    const env = { ...good, TECHNO_OPS_PORT: '0', TECHNO_TRACE_RATIO: '1', PATH: '/bin', TECHNO_LIMIT: '7' };
    const config = readConfig('gateway', { TECHNO_LIMIT: z.coerce.number().int() }, env);
    expect(config).toMatchObject({ TECHNO_OPS_PORT: 0, TECHNO_TRACE_RATIO: 1, TECHNO_LIMIT: 7 });
    expect(config).not.toHaveProperty('PATH');
  });

  it('takes empty for absent', () => {
    expect(readConfig('executor', {}, { ...good, TECHNO_LOG_LEVEL: '' }).TECHNO_LOG_LEVEL).toBe('info');
    expect(faultsOf({ ...good, NATS_URL: '' })).toContain('NATS_URL is not set');
  });

  it('names every variable at fault, and shows a valid value of each', () => {
    const message = faultsOf({ TECHNO_OPS_PORT: '70000', TECHNO_LOG_LEVEL: 'loud', TECHNO_GRACE_MS: 'soon' });
    for (const part of [
      'executor cannot start',
      'NATS_URL is not set (for example NATS_URL=nats://',
      'DATABASE_URL is not set (for example DATABASE_URL=postgres://',
      'TECHNO_OPS_PORT',
      '(for example TECHNO_OPS_PORT=9100)',
      'TECHNO_LOG_LEVEL',
      'TECHNO_GRACE_MS',
    ]) {
      expect(message).toContain(part);
    }
  });

  it.each([
    ['TECHNO_OPS_PORT', ['-1', '65536', '1.5', 'x', '1e9']],
    ['TECHNO_LOG_LEVEL', ['trace', 'INFO', 'x']],
    ['TECHNO_TRACE_RATIO', ['-0.1', '1.1', 'x', 'NaN']],
    ['TECHNO_STREAM_REPLICAS', ['0', '6', '2.5']],
    ['TECHNO_GRACE_MS', ['99', '-1', 'x']],
  ])('refuses %s of %j', (name, values) => {
    for (const value of values) expect(faultsOf({ ...good, [name]: value }), value).toContain(name);
  });

  it('never says the value, whichever it is', () => {
    const secret = fc.string({ minLength: 12, maxLength: 40 }).map((text) => `s3 cret-${text}`);
    const shape = {
      TECHNO_SIGNING_KEY: hexKey.describe('00…'),
      TECHNO_URL: z.url(),
      TECHNO_CHOICE: z.enum(['a', 'b']),
      TECHNO_NUMBER: z.coerce.number().int().positive(),
    };
    fc.assert(
      fc.property(secret, (value) => {
        const message = faultsOf(
          { TECHNO_SIGNING_KEY: value, TECHNO_URL: value, TECHNO_CHOICE: value, TECHNO_NUMBER: value, TECHNO_OPS_PORT: value },
          shape,
        );
        for (const name of Object.keys(shape)) expect(message).toContain(name);
        expect(message).not.toContain('s3 cret');
      }),
    );
  });
});

describe('hexKey', () => {
  it('gives the bytes', () => {
    expect(hexKey.parse('0F'.repeat(32))).toEqual(Buffer.alloc(32, 0x0f));
    expect(hexKey.parse('00'.repeat(64))).toHaveLength(64);
  });

  it.each(['', '00'.repeat(31), `${'00'.repeat(32)}0`, `${'00'.repeat(31)}zz`, ` ${'00'.repeat(32)}`])('refuses %j', (text) => {
    expect(hexKey.safeParse(text).success).toBe(false);
  });
});
