import { CHANNELS } from '@techno/contracts';
import { createTemplates, openDatabase } from '@techno/storage';
import { createDatabase } from '@techno/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LONGEST, render, variablesOf } from './render.ts';

let close: () => Promise<void>;
let templates: ReturnType<typeof createTemplates>;
beforeAll(async () => {
  const test = await createDatabase();
  const database = await openDatabase({ url: test.url('notifier'), applicationName: 'reminder-templates-test' });
  templates = createTemplates(database);
  close = async () => {
    await database.close();
    await test.drop();
  };
});
afterAll(() => close?.());

const longest = 'x'.repeat(200);
const entry = { title: longest, location: '', time: '12:00 PM', all_day: false, overdue: false };
const brief = (count: number) => ({
  name: longest,
  date: 'segunda-feira, 30 de setembro',
  events: Array.from({ length: Math.min(count, 50) }, () => entry),
  events_count: count,
  tasks: Array.from({ length: Math.min(count, 50) }, () => ({ ...entry, overdue: true })),
  tasks_count: count,
});
const reminder = {
  title: longest,
  location: 'y'.repeat(300),
  date: 'segunda-feira, 30 de setembro',
  time: '12:00 PM',
  name: longest,
};

describe.each(['event-reminder', 'task-reminder', 'daily-brief'])('the template %s', (name) => {
  it('is there from the start, can be read, and fits every channel however much there is to say', async () => {
    const found = await templates.find(name, undefined);
    if (found === undefined) throw new Error('it is not there');
    expect(variablesOf(found.template).length).toBeGreaterThan(1);
    for (const locale of ['en', 'pt-BR']) {
      for (const channel of CHANNELS) {
        for (const data of name === 'daily-brief'
          ? [brief(1), brief(3), brief(400)]
          : [reminder, { ...reminder, location: '' }]) {
          const { text, locale: chosen } = render(found.template, locale, channel, data);
          expect([locale, channel, chosen, text.length <= LONGEST[channel]]).toEqual([locale, channel, locale, true]);
        }
      }
    }
  });
});

it('a brief says how many it leaves out, and which tasks are overdue', async () => {
  const found = await templates.find('daily-brief', undefined);
  if (found === undefined) throw new Error('it is not there');
  const { text } = render(found.template, 'pt-BR', 'sms', brief(5));
  expect(text).toContain('5 eventos, 5 tarefas');
  expect(text).toContain('(+2)');
  expect(text).toContain('em atraso');
  const one = render(found.template, 'en', 'email', {
    ...brief(0),
    name: '<b>Ana</b>',
    events: [{ ...entry, title: '<i>x' }],
    events_count: 1,
  });
  expect(one.html).toContain('&#60;b&#62;Ana');
  expect(one.html).toContain('&#60;i&#62;x');
  expect(one.text).not.toContain('Tasks');
});
