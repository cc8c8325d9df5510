import { every, MINUTE, SECOND } from '@techno/kernel';
import { actor, runService } from '@techno/service';
import { createCredentials, createDecisions, createNonces, createPolicies, createRates } from '@techno/storage';
import { decideAction } from './actors/decide-action.ts';
import { authorizer } from './authorize.ts';
import { ensureBootstrapKey } from './bootstrap-key.ts';
import { type GateEngineConfig, loadConfig } from './config.ts';
import { createDecider, type Decided, type DecisionRecord } from './decide.ts';
import { createLimiter } from './limiter.ts';
import { createLiveFacts } from './live-facts.ts';
import { decisionRequests } from './requests/decisions.ts';
import { keyRequests } from './requests/keys.ts';
import { policyRequests } from './requests/policies.ts';

/** How often counters and nonces that nobody needs any more are removed. */
const PURGE_MS = 5 * MINUTE;

await runService<GateEngineConfig>({
  name: 'gate-engine',
  config: () => loadConfig(),
  async build({ config, telemetry, transport, database, clock }) {
    const { log, metrics, tracer, logEvents } = telemetry;
    const pepper = config.TECHNO_KEY_PEPPER;
    const credentials = createCredentials(database);
    const policies = createPolicies(database);
    const rates = createRates(database);
    const nonces = createNonces(database);
    if (config.TECHNO_BOOTSTRAP_KEY !== undefined) await ensureBootstrapKey(config.TECHNO_BOOTSTRAP_KEY, pepper, credentials);

    const facts = createLiveFacts({ credentials, policies, clock, onProblem: (fields) => log.error(fields, 'facts.problem') });
    await facts.load();
    const limiter = createLimiter({ rates, clock });
    const decider = createDecider({
      facts,
      limiter,
      nonces,
      decisions: createDecisions<DecisionRecord>(database),
      allowKeys: config.TECHNO_ALLOW_KEYS,
      allowLifetimeMs: config.TECHNO_ALLOW_LIFETIME_MS,
      clock,
    });
    const onDecided = ({ evaluation }: Decided) => {
      for (const { gate, verdict } of evaluation.verdicts) metrics.gates.verdict(gate, verdict);
      if (evaluation.outcome === 'DENY' && evaluation.reason_codes.includes('PROMPT_INJECTION'))
        metrics.gates.promptInjectionBlocked.inc();
      if (evaluation.outcome === 'DENY') metrics.actions.result('DENIED');
    };

    return {
      actors: [actor(decideAction({ decider, onDecided, logEvents, tracer, pausedUntil: () => database.unavailableUntil() }))],
      endpoints: [
        ...decisionRequests({
          decider,
          facts,
          authorized: authorizer({ facts, clock }),
          transport,
          clock,
          onDecided,
          logEvents,
          tracer,
        }),
        ...keyRequests({ credentials, facts, clock }),
        ...policyRequests({ policies, facts }),
      ],
      loops: [
        { name: 'follow-facts', run: (signal) => facts.run(signal) },
        {
          name: 'purge',
          run: (signal) =>
            every(PURGE_MS, signal, async () => {
              limiter.purge();
              await Promise.allSettled([rates.purge(), nonces.purge()]);
            }),
        },
      ],
      checks: [
        {
          name: 'facts',
          async probe() {
            if (facts.ageMs() > 5 * SECOND)
              throw new Error(`keys and policy were last confirmed ${Math.round(facts.ageMs())} ms ago`);
          },
        },
      ],
    };
  },
});
