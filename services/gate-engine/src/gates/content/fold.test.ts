import { expect, it } from 'vitest';
import { folded, unleeted, unspaced, wordsOf } from './fold.ts';

it.each([
  ['IGNORE', 'ignore'],
  ['Ｉｇｎｏｒｅ', 'ignore'],
  ['𝐢𝐠𝐧𝐨𝐫𝐞', 'ignore'],
  ['ⓘⓖⓝⓞⓡⓔ', 'ignore'],
  ['🅸🅶🅽🅾🆁🅴', 'ignore'],
  ['ɪɢɴᴏʀᴇ', 'ignore'],
  ['Іgnоrе', 'ignore'],
  ['ig\u200bno\u00adre', 'ignore'],
  ['Instruções', 'instrucoes'],
  ['don’t', "don't"],
])('folds %j to %j', (text, plain) => {
  expect(folded(text)).toBe(plain);
});

it.each([
  ["Don't_ignore: **this**", '. dont ignore . this . '],
  ['One. Two!\n\nThree', '. one . two . three . '],
  ['a.b v1.2', '. a b v1 2 . '],
  ['a hard\nwrapped line', '. a hard wrapped line . '],
])('reads %j as words', (text, words) => {
  expect(wordsOf(text.toLowerCase())).toBe(words);
});

it.each([
  ['i g n o r e   a l l', 'ignore   all'],
  ['i.g.n.o.r.e it', 'ignore it'],
  ['i-g-n-o-r-e', 'ignore'],
  ['a b', undefined],
  ['plain text', undefined],
])('joins the letters of %j: %j', (text, joined) => {
  expect(unspaced(text)).toBe(joined);
});

it.each([
  ['1gn0r3 pr3v10u5', 'ignore previous'],
  ['p@$$word', 'password'],
  ['order 1001 by 5', undefined],
  ['plain text', undefined],
])('reads the digits of %j: %j', (text, plain) => {
  expect(unleeted(text)).toBe(plain);
});
