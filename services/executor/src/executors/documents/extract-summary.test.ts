import { describe, expect, it } from 'vitest';
import { extractSummary } from './extract-summary.ts';
import { languageOf, wordsOf } from './words.ts';

const english = `The city council approved a new budget for public schools on Monday. The school budget grows by eight percent
compared with last year. Most of the additional money for schools goes to hiring teachers and repairing buildings.

The weather was mild for the season. Council member Jane Roe said that schools had waited too long for repairs. The budget for
public schools on Monday was approved by the city council. Critics of the school budget asked where the additional money will
come from. The council plans to finance the new school budget with a higher property tax. A band played outside.`;
const portuguese = `A câmara municipal aprovou na segunda-feira um novo orçamento para as escolas públicas. O orçamento das escolas
cresce oito por cento em relação ao ano passado. A maior parte do dinheiro novo vai para a contratação de professores. O tempo
estava agradável. O Sr. Souza disse que as escolas esperavam há muito pelas obras. A câmara quer pagar o orçamento das escolas
com um imposto maior sobre os imóveis.`;
const extract = (text: string, points = 5) => extractSummary(text, languageOf(wordsOf(text)), points);

describe('an extract', () => {
  it('says what the text is about, and not what is beside the point', () => {
    const { summary, keyPoints } = extract(english);
    expect(summary).toMatch(/^The city council approved a new budget for public schools on Monday\./);
    expect(keyPoints.length).toBe(5);
    expect(keyPoints.join(' ')).not.toMatch(/weather|band/);
  });

  it('works in Portuguese, over its abbreviations', () => {
    const { summary, keyPoints } = extract(portuguese, 4);
    expect(summary).toContain('aprovou na segunda-feira um novo orçamento');
    expect(keyPoints.join(' ')).not.toContain('tempo');
    expect(keyPoints).not.toContain('O Sr.');
  });

  it('says nothing twice', () => {
    const repeated = `${english} ${english}`;
    const { keyPoints } = extract(repeated, 20);
    expect(new Set(keyPoints).size).toBe(keyPoints.length);
    // The same words in another order are the same sentence.
    expect(keyPoints.filter((point) => /approved/.test(point)).length).toBe(1);
  });

  it('keeps the summary in the order of the text, in its own sentences', () => {
    const text = english.replace(/\s+/g, ' ');
    const { summary, keyPoints } = extract(english, 3);
    for (const point of keyPoints) expect(text).toContain(point);
    const places = keyPoints.map((point) => text.indexOf(point)).toSorted((a, b) => a - b);
    expect(places.map((place) => summary.indexOf(text.slice(place, place + 30)))).toStrictEqual(
      places.map((place) => summary.indexOf(text.slice(place, place + 30))).toSorted((a, b) => a - b),
    );
  });

  it('gives what there is of a short text, and is sure of it', () => {
    expect(extract('The bridge opened on Monday.')).toStrictEqual({
      summary: 'The bridge opened on Monday.',
      keyPoints: ['The bridge opened on Monday.'],
      confidence: 1,
    });
  });

  it('is less sure of a long text than of a short one, and of debris than of prose', () => {
    const words = 'abcdefgh'.split('').flatMap((a) => 'klmnopqr'.split('').map((b) => `${a}${b}${b}${a}ing`));
    const long = words.map((word) => `The ${word} was seen, and then the ${word} was gone, and no ${word} came back.`).join(' ');
    expect(extract(long).confidence).toBeLessThan(extract(english).confidence);
    expect(extract(words.join('\n\n')).confidence).toBe(0);
  });

  it('clips a sentence that does not end', () => {
    const { summary } = extract('word '.repeat(2_000));
    expect(summary.length).toBeLessThanOrEqual(401);
    expect(summary).toMatch(/word…$/);
  });

  it('reduces a text of thousands of sentences in bounded time', () => {
    const many = Array.from({ length: 5_000 }, (_, n) => `Sentence ${n} speaks of the ${n % 7 === 0 ? 'bridge' : `thing${n}`}.`);
    const { keyPoints } = extract(many.join(' '));
    expect(keyPoints.length).toBeGreaterThan(0);
  });
});
