import { expect, it } from 'vitest';
import { contentWords, languageOf, wordsOf } from './words.ts';

it('finds the words', () => {
  expect(wordsOf('O café-da-manhã, it’s 42 GB; naïve!')).toStrictEqual(['o', 'café-da-manhã', 'it’s', 'gb', 'naïve']);
});

it.each([
  ['en', 'The committee said that it would not change the plan before the end of the year.'],
  ['pt', 'O conselho disse que não vai mudar o plano antes do fim do ano, mas que ainda pode ouvir a população.'],
  ['es', 'El consejo dijo que no va a cambiar el plan antes del fin de año, pero que todavía puede escuchar a los vecinos.'],
  ['fr', 'Le conseil a dit que le plan ne sera pas changé avant la fin de l’année, mais il peut encore écouter les habitants.'],
  ['de', 'Der Rat sagte, dass er den Plan nicht vor dem Ende des Jahres ändern wird, aber noch auf die Leute hören kann.'],
  ['und', 'Kubernetes Postgres NATS JetStream TypeScript Vitest'],
  ['und', 'Комитет сказал, что он не будет менять план до конца года.'],
  ['und', ''],
] as const)('%s: %s', (language, text) => {
  expect(languageOf(wordsOf(text))).toBe(language);
});

it('keeps the words that carry meaning', () => {
  expect(contentWords(wordsOf('The committee of the city is in it'), 'en')).toStrictEqual(['committee', 'city']);
  expect(contentWords(wordsOf('O conselho da cidade não é'), 'pt')).toStrictEqual(['conselho', 'cidade']);
});
