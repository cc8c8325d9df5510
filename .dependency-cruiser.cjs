// Who may import whom. Downwards only:
//   services → service → {jetstream, http, storage, telemetry} → actor → contracts → kernel
// Type-only imports count: a layer that knows another's types knows the other.
// The swc parser, because TypeScript 7 has no compiler API for tools to use.

const { Visitor } = require('@swc/core/Visitor.js');

// The visitor knows no `using` declarations and stops at them. They have the shape of a `const` declaration.
const { visitStatement } = Visitor.prototype;
Visitor.prototype.visitStatement = function (statement) {
  return statement.type === 'UsingDeclaration'
    ? this.visitVariableDeclaration({ ...statement, declarations: statement.decls })
    : visitStatement.call(this, statement);
};

/** What each lib may import of the others. A lib that is not listed here may import nothing. */
const MAY_IMPORT = {
  kernel: [],
  contracts: ['kernel'],
  actor: ['contracts', 'kernel'],
  jetstream: ['actor', 'contracts', 'kernel'],
  http: ['telemetry', 'kernel'],
  storage: ['contracts', 'kernel'],
  telemetry: ['contracts', 'kernel'],
  service: ['jetstream', 'http', 'storage', 'telemetry', 'actor', 'contracts', 'kernel'],
  resilience: ['kernel'],
  // Real servers for development and tests. Nothing that runs in production imports these three.
  'stand-ins': [],
  embedded: ['kernel'],
  testkit: ['embedded', 'service', 'jetstream', 'http', 'storage', 'telemetry', 'actor', 'contracts', 'kernel'],
};

/** npm packages that have one way in. The bench measures the bare packages, so it takes them directly. */
const ONLY_IMPORTER = {
  jetstream: { packages: '@nats-io/', also: ['bench'] },
  http: { packages: '(?:hyper-express|uWebSockets\\.js|uws-pack)(?:/|$)', also: ['bench'] },
  storage: { packages: '(?:@mikro-orm/|pg(?:/|$))', also: ['libs/embedded'] },
  telemetry: { packages: '(?:@opentelemetry/|pino(?:/|$)|prom-client(?:/|$))', also: [] },
};

/** npm packages of the three bottom libs, where every import is one that everybody carries. */
const NPM_OF = {
  kernel: [],
  contracts: ['zod'],
  actor: ['zod'],
};

const TEST = '\\.(?:int\\.)?test\\.ts$';
const NODE_MODULES = 'node_modules/';
const alternatives = (names) => `(?:${names.join('|')})`;

const layers = Object.entries(MAY_IMPORT).map(([lib, others]) => ({
  name: `layer-${lib}`,
  comment: `libs/${lib} may import ${others.length === 0 ? 'no other lib' : others.join(', ')}.`,
  severity: 'error',
  from: { path: `^libs/${lib}/`, pathNot: TEST },
  to: { path: '^libs/', pathNot: `^libs/${alternatives([lib, ...others])}/` },
}));

const owners = Object.entries(ONLY_IMPORTER).map(([lib, { packages, also }]) => ({
  name: `only-${lib}`,
  comment: `These packages are imported by libs/${lib} and nowhere else; add what is missing to its index.`,
  severity: 'error',
  from: { pathNot: `^${alternatives([`libs/${lib}`, ...also])}/` },
  to: { path: `${NODE_MODULES}${packages}` },
}));

const bottoms = Object.entries(NPM_OF).map(([lib, packages]) => ({
  name: `npm-${lib}`,
  comment: `libs/${lib} imports ${packages.length === 0 ? 'nothing from npm' : `only ${packages.join(', ')} from npm`}.`,
  severity: 'error',
  from: { path: `^libs/${lib}/`, pathNot: TEST },
  to: {
    path: NODE_MODULES,
    ...(packages.length === 0 ? {} : { pathNot: `${NODE_MODULES}${alternatives(packages)}/` }),
  },
}));

module.exports = {
  forbidden: [
    ...layers,
    ...owners,
    ...bottoms,
    {
      name: 'libs-know-no-services',
      comment: 'Nothing imports a service, and libs import neither the launcher nor the bench.',
      severity: 'error',
      from: { path: '^(?:libs|deploy|bench)/' },
      to: { path: '^services/' },
    },
    {
      name: 'libs-know-no-tools',
      comment: 'Libs and services import neither the launcher nor the bench.',
      severity: 'error',
      from: { path: '^(?:libs|services)/' },
      to: { path: '^(?:deploy|bench|tests)/' },
    },
    {
      name: 'services-know-no-services',
      comment: 'Services talk over the bus.',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'dev-only',
      comment: 'testkit and embedded are for tests, the launcher and the bench.',
      severity: 'error',
      from: { path: '^(?:libs|services)/', pathNot: ['^libs/(?:testkit|embedded|stand-ins)/', TEST, '/testing/'] },
      to: { path: '^libs/(?:testkit|embedded|stand-ins)/' },
    },
    {
      name: 'packages-by-name',
      comment: 'Another package is imported by its name, through its index.',
      severity: 'error',
      from: { path: '^((?:libs|services)/[^/]+|deploy|bench)/' },
      to: { path: '^(?:libs|services|deploy|bench)/', pathNot: '^$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'What is imported exists, as a file or as a declared dependency. What k6 runs imports what k6 has inside of it.',
      severity: 'error',
      from: { pathNot: '^tests/load/k6\\.js$' },
      to: { couldNotResolve: true },
    },
    {
      name: 'tests-are-leaves',
      severity: 'error',
      from: {},
      to: { path: TEST },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(?:^|/)(?:coverage|\\.techno|\\.turbo)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
