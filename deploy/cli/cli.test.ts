import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { StartupError, TechnoError } from '@techno/kernel';
import { GatewayError } from '../launcher/gateway-client.ts';
import { rolePasswords, target } from './config.ts';
import { failureOf } from './failure.ts';
import { table } from './print.ts';
import { techno } from './program.ts';

function leaves(command: Command): Command[] {
  const own = command.commands.filter((sub) => sub.name() !== 'help');
  return own.length === 0 ? [command] : own.flatMap(leaves);
}

test.each(leaves(techno()).map((command) => [pathOf(command), command] as const))(
  '%s explains itself, with an example',
  (_path, command) => {
    let help = '';
    command.configureOutput({ writeOut: (text) => void (help += text) }).outputHelp();
    expect(command.description()).not.toBe('');
    expect(help).toContain('Examples:');
    if (command.name() !== 'test') expect(help).toContain('--json');
  },
);

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

test.each([[['keys', 'create']], [['nonsense']], [['keys', 'rotate', 'id', '--overlap', 'x']]])(
  '%j is a wrong command line',
  async (args) => {
    const program = techno();
    const silence = (command: Command): void => {
      command.configureOutput({ writeErr: () => {}, writeOut: () => {} });
      command.commands.forEach(silence);
    };
    silence(program);
    await expect(program.parseAsync(['node', 'techno', ...args])).rejects.toMatchObject({ name: 'CommanderError' });
  },
);

test('url and key come from the options, else the environment', () => {
  expect(target({ url: 'u' }, 'admin', { TECHNO_API_KEY: 'k' })).toEqual({ url: 'u', key: 'k' });
  expect(() => target({ home: '/does/not/exist' }, 'admin', {})).toThrow('there is no running stack in /does/not/exist');
});

test('passwords of roles are named after services, and a misspelt service is refused', () => {
  expect(rolePasswords({ DATABASE_PASSWORD_GATE_ENGINE: 'a', DATABASE_PASSWORD_AUDITOR: '', DATABASE_URL: 'u' })).toEqual({
    'gate-engine': 'a',
  });
  expect(() => rolePasswords({ DATABASE_PASSWORD_GATWAY: 'a' })).toThrow('DATABASE_PASSWORD_GATWAY names no service');
});

test.each([
  [
    new GatewayError(403, { code: 'ACTION_NOT_AUTHORIZED', detail: 'The role may not.' }, 'Forbidden'),
    { code: 'ACTION_NOT_AUTHORIZED', message: 'The role may not. (HTTP 403)', exitCode: 1 },
  ],
  [
    new GatewayError(403, { error: 'GATE_DENIED', message: 'No.' }, 'Forbidden'),
    { code: 'GATE_DENIED', message: 'No. (HTTP 403)', exitCode: 1 },
  ],
  [
    new GatewayError(500, {}, 'Internal Server Error'),
    { code: 'HTTP_500', message: 'Internal Server Error (HTTP 500)', exitCode: 1 },
  ],
  [new TechnoError('GATEWAY_UNREACHABLE', 'no answer'), { code: 'GATEWAY_UNREACHABLE', exitCode: 3 }],
  [new StartupError('NOT_RUNNING', 'nothing runs', 'start it'), { code: 'NOT_RUNNING', fix: 'start it', exitCode: 3 }],
  [new StartupError('NO_FREE_PORT', 'none', 'choose'), { exitCode: 1 }],
  [new Error('what'), { code: 'UNEXPECTED', message: 'what', exitCode: 1 }],
])('%s is shown with code, cause and fix', (error, expected) => {
  const failure = failureOf(error);
  expect(failure).toMatchObject(expected);
  expect(failure.fix).not.toBe('');
});

test('a table is as wide as its content, and shows what is absent', () => {
  expect(table([{ id: 'a', list: ['x', 'y'] }, { id: 'longer' }], ['id', 'list'])).toBe('ID      LIST\na       x,y\nlonger  -');
  expect(table([], ['id'])).toBe('(none)');
});
