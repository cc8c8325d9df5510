import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sentencesOf } from './sentences.ts';

it.each<[string, string, string[]]>([
  ['plain ones', 'One is here. Two is there! Is three? Yes.', ['One is here.', 'Two is there!', 'Is three?', 'Yes.']],
  ['English titles', 'Dr. Smith met Mrs. Jones. They spoke.', ['Dr. Smith met Mrs. Jones.', 'They spoke.']],
  ['initials', 'J. R. R. Tolkien wrote it. I did not.', ['J. R. R. Tolkien wrote it.', 'I did not.']],
  ['e.g. and i.e.', 'Use a tool, e.g. Vitest, i.e. This one. Done.', ['Use a tool, e.g. Vitest, i.e. This one.', 'Done.']],
  ['etc. in the middle', 'Apples, pears, etc. were sold. All gone.', ['Apples, pears, etc. were sold.', 'All gone.']],
  ['numbers', 'It cost 3.50 euros in No. 5. He said no. 5 left.', ['It cost 3.50 euros in No. 5.', 'He said no. 5 left.']],
  ['a word like an abbreviation', 'He said no. They went on.', ['He said no.', 'They went on.']],
  [
    'Portuguese',
    'O Sr. Silva e a Dra. Souza leram o art. 5 da lei. Foi em set. 2024.',
    ['O Sr. Silva e a Dra. Souza leram o art. 5 da lei.', 'Foi em set. 2024.'],
  ],
  ['Portuguese words', 'Fomos ver o mar. Estava calmo.', ['Fomos ver o mar.', 'Estava calmo.']],
  ['quotes', '“It works.” She smiled.', ['“It works.”', 'She smiled.']],
  ['blocks', 'A heading\n\nA sentence\nover two lines. Another\n\n\n', ['A heading', 'A sentence over two lines.', 'Another']],
  ['nothing', ' \n\n ', []],
])('%s', (_name, text, expected) => {
  expect(sentencesOf(text)).toStrictEqual(expected);
});

it('loses nothing but white space', () => {
  const bare = (text: string) => text.replace(/\s+/g, '');
  fc.assert(
    fc.property(fc.array(fc.constantFrom('Dr.', 'no.', 'A', 'b', 'x.', '!', '\n\n', ' ', '5', 'é?', '”')), (parts) => {
      expect(bare(sentencesOf(parts.join(' ')).join(''))).toBe(bare(parts.join(' ')));
    }),
  );
});
