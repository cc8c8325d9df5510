/** The environment of this process: what it is told, and what those it starts are given. The only place here that reads it. */
export function ownEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
