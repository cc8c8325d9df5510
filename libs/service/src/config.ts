import { type ServiceName } from '@techno/contracts';
import { errorMessage, StartupError } from '@techno/kernel';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);

/** What every service reads. Names are the same in development, compose and the cluster. */
export const commonConfig = {
  NATS_URL: z.string().min(1).describe('nats://user:password@127.0.0.1:4222'),
  DATABASE_URL: z.string().min(1).describe('postgres://user:password@127.0.0.1:5432/techno'),
  TECHNO_OPS_HOST: z.string().default('0.0.0.0').describe('0.0.0.0'),
  TECHNO_OPS_PORT: port.default(9100).describe('9100'),
  TECHNO_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info').describe('info'),
  TECHNO_TRACE_RATIO: z.coerce.number().min(0).max(1).default(0.05).describe('0.05'),
  TECHNO_METRICS: z.enum(['on', 'off']).default('on').describe('on'),
  TECHNO_STREAM_REPLICAS: z.coerce.number().int().min(1).max(5).default(1).describe('3'),
  TECHNO_GRACE_MS: z.coerce.number().int().min(100).default(8_000).describe('8000'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.string().optional().describe('http://127.0.0.1:4318'),
  /** OpenTelemetry's own switch. */
  OTEL_SDK_DISABLED: z.enum(['true', 'false']).default('false').describe('true'),
} as const;

export type CommonConfig = z.output<z.ZodObject<typeof commonConfig>>;

/** 32 bytes or more as hex. */
export const hexKey = z
  .string()
  .regex(/^([0-9a-f]{2}){32,}$/i, 'expected at least 64 hex digits')
  .transform((hex) => Buffer.from(hex, 'hex'));

/** A setting in a form of its own: what `parse` throws says what is wrong with it, without repeating it. */
export function parsedBy<Value>(parse: (text: string) => Value) {
  return z.string().transform((text, context): Value => {
    try {
      return parse(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: errorMessage(error) });
      return z.NEVER;
    }
  });
}

/**
 * Reads a service's settings. Throws StartupError CONFIG_INVALID that names every variable at fault, without its value,
 * and shows a valid one. Empty counts as absent.
 */
export function readConfig<Shape extends z.ZodRawShape>(
  service: ServiceName,
  shape: Shape,
  env: Readonly<Record<string, string | undefined>>,
): z.output<z.ZodObject<Shape>> & CommonConfig {
  const schema = z.object({ ...commonConfig, ...shape });
  const given = Object.fromEntries(Object.entries(env).filter(([name, value]) => value !== '' && name in schema.shape));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data as z.output<z.ZodObject<Shape>> & CommonConfig;
  const faults = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    const example = (schema.shape as Record<string, z.ZodType>)[name]?.description;
    return `${name} ${given[name] === undefined ? 'is not set' : issue.message}${example === undefined ? '' : ` (for example ${name}=${example})`}`;
  });
  throw new StartupError('CONFIG_INVALID', `${service} cannot start: ${faults.join('; ')}`, 'Set the variables named above.');
}
