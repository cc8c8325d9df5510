import type { Credential } from '@techno/contracts';
import { answersInOrder, type Clock, errorMessage, every, pause, SECOND } from '@techno/kernel';
import type { ApiKey, Credentials, Policies } from '@techno/storage';
import type { Identity } from './gates/facts.ts';
import { type CompiledPolicy, compilePolicy, parsePolicy } from './policy/compile.ts';

/** How often a replica asks whether anything changed: well under the second in which a change must be live. */
const POLL_MS = 300;

/** Facts that could not be confirmed for this long are not believed any more. */
export const FACTS_MAX_AGE_MS = 5 * SECOND;

/** How long a decision waits for facts that have grown too old to be confirmed after all. */
const CONFIRM_MS = 1 * SECOND;

/** Keys and policy in memory, following the database. One per process. */
export interface LiveFacts {
  /** Loads everything once; throws where the store is away. */
  load(): Promise<void>;
  /** Follows changes until the signal. */
  run(signal: AbortSignal): Promise<void>;
  /** Makes a change of this very replica visible to it at once. */
  refresh(): Promise<void>;
  /**
   * Facts too old to be believed are asked for once more before they deny: a process that was frozen slept through its
   * refreshes. Never throws; who asks meanwhile waits for the same answer.
   */
  confirm(): Promise<void>;
  policy(): CompiledPolicy | undefined;
  identity(credential: Credential): Identity | undefined;
  identityById(id: string): Identity | undefined;
  /** Milliseconds since the facts were last known to be current. */
  ageMs(): number;
}

export interface LiveFactsDeps {
  readonly credentials: Credentials;
  readonly policies: Policies;
  readonly clock: Clock;
  readonly onProblem: (fields: { problem: string }) => void;
}

export function createLiveFacts({ credentials, policies, clock, onProblem }: LiveFactsDeps): LiveFacts {
  let byHash = new Map<string, Identity>();
  let byId = new Map<string, Identity>();
  let policy: CompiledPolicy | undefined;
  let revision = -1;
  let confirmedAt = Number.NEGATIVE_INFINITY;
  const answers = answersInOrder();
  let confirming: Promise<void> | undefined;

  async function refresh(): Promise<void> {
    const askedAt = clock.now();
    const isNews = answers.asked();
    const current = await policies.factsRevision();
    const [keys, latest] = current === revision ? [] : await Promise.all([credentials.all(), policies.latest()]);
    // An old answer would take back a key that was made, or give back one that was revoked meanwhile.
    if (!isNews()) return;
    if (keys !== undefined) {
      byHash = new Map(keys.map((key) => [key.hash, identityOf(key)]));
      byId = new Map(keys.map((key) => [key.id, identityOf(key)]));
      if (latest !== undefined && latest.revision !== policy?.revision)
        policy = accept(latest.revision, latest.document) ?? policy;
      revision = current;
    }
    confirmedAt = askedAt;
  }

  /** A stored document was checked when it was applied; one this version cannot read leaves the old one in force. */
  function accept(number: number, document: unknown): CompiledPolicy | undefined {
    const parsed = parsePolicy(document);
    if (parsed.ok) return compilePolicy(parsed.document, number);
    onProblem({
      problem: `policy revision ${number} cannot be read and is not in force: ${parsed.issues[0]?.path} ${parsed.issues[0]?.message}`,
    });
    return undefined;
  }

  const tell = (error: unknown) => onProblem({ problem: `facts not refreshed: ${errorMessage(error)}` });

  function confirmOnce(): Promise<void> {
    const over = new AbortController();
    return Promise.race([refresh().catch(tell), pause(CONFIRM_MS, over.signal)]).finally(() => {
      over.abort();
      confirming = undefined;
    });
  }

  const facts: LiveFacts = {
    load: refresh,
    refresh,
    async confirm() {
      if (facts.ageMs() > FACTS_MAX_AGE_MS) await (confirming ??= confirmOnce());
    },
    // What cannot be refreshed grows old, and old facts deny.
    run: (signal) => every(POLL_MS, signal, () => refresh().catch(tell)),
    policy: () => policy,
    identity(credential) {
      switch (credential.kind) {
        case 'none':
          return undefined;
        case 'api_key':
          return byHash.get(credential.hash);
        case 'webhook':
          return facts.identityById(`webhook:${credential.source}`);
        case 'delegate': {
          const owner = facts.identityById(credential.owner);
          // Its list says from where it may ask; who acts for it asks from in here.
          return owner && { ...owner, allowedAddresses: [] };
        }
      }
    },
    identityById(id) {
      const key = byId.get(id);
      if (key !== undefined || !id.startsWith('webhook:')) return key;
      const sources = policy?.document.sources ?? {};
      const source = id.slice('webhook:'.length);
      const role = Object.hasOwn(sources, source) ? sources[source]?.role : undefined;
      return role === undefined ? undefined : { id, kind: 'webhook', role, contexts: ['*'], allowedAddresses: [], limits: {} };
    },
    ageMs: () => clock.now() - confirmedAt,
  };
  return facts;
}

function identityOf(key: ApiKey): Identity {
  return {
    id: key.id,
    kind: 'api_key',
    role: key.role,
    contexts: key.contexts,
    revokedAt: key.revokedAt?.getTime(),
    expiresAt: key.expiresAt?.getTime(),
    allowedAddresses: key.allowedAddresses,
    limits: { perMinute: key.perMinute ?? undefined, perDay: key.perDay ?? undefined },
    root: key.root,
  };
}
