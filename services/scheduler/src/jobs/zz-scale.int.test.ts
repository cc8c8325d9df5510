import { it } from 'vitest';
import { createAgendaWorld } from '../testing/agenda-world.ts';
import { eventReminder } from './event-reminder.ts';
import { dailyBrief } from './daily-brief.ts';
it('scale', { timeout: 280_000 }, async () => {
  const world = await createAgendaWorld();
  const sql = async (text: string) => { const s = performance.now(); const r = await world.admin.orm.em.getConnection().execute(text); console.log((performance.now()-s).toFixed(0)+'ms', text.slice(0,70).replace(/\s+/g,' ')); return r; };
  await sql(`insert into contacts (id, document, updated_at) select 'c'||g, ('{"name":"c","addresses":{},"locale":"en","time_zone":"'||(array['UTC','Europe/Lisbon','America/Sao_Paulo'])[1+g%3]||'","preferences":{},"opted_out":[]}')::json, now() from generate_series(1,100000) g`);
  await sql(`insert into agenda_items (id,kind,owner,context_id,uid,title,description,location,starts_at,all_day,time_zone,until_at,remind_at,sequence,created_at,updated_at)
    select 'evt_'||lpad(g::text,9,'0'),'event','key_'||(g%50),'default','u'||g,'t','','', t, false,'UTC', t, case when t > '2026-05-04T12:00Z' then t - interval '1 hour' end, 0, now(), now()
    from (select g, timestamptz '2026-05-04T12:00Z' + (g - 700000) * interval '6 seconds' as t from generate_series(1,1000000) g) x`);
  await sql(`insert into agenda_recipients select id, 'c'||(1+substr(id,5)::int%100000), starts_at, until_at from agenda_items`);
  await sql('analyze');
  const t = async (l: string, f: () => Promise<unknown>) => { const s = performance.now(); const r = await f(); console.log(l, (performance.now()-s).toFixed(0)+'ms', JSON.stringify(r).slice(0,120)); };
  const job = eventReminder({ ...world, everyMs: 1000 });
  await t('first run (600 due)', () => world.run(job));
  await t('second run (none)', () => world.run(job));
  world.nowMs += 300_000;
  await t('five minutes later', () => world.run(job));
  await t('list owner first page', async () => (await world.agenda.list({ kind: 'event', owner: 'key_7', limit: 50 })).length);
  await t('list owner from now', async () => (await world.agenda.list({ kind: 'event', owner: 'key_7', from: new Date(world.nowMs), limit: 50 })).length);
  await t('list all from now', async () => (await world.agenda.list({ kind: 'event', from: new Date(world.nowMs), limit: 50 })).length);
  await t('list recipient from now', async () => (await world.agenda.list({ kind: 'event', recipient: 'c77', from: new Date(world.nowMs), limit: 50 })).length);
  await t('brief hours', () => world.briefs.hours());
  world.nowMs = Date.parse('2026-05-04T10:00:00Z');
  const brief = dailyBrief({ ...world, everyMs: 1000, usualAt: '07:00' });
  await t('brief round of 33k', () => world.run(brief));
  await t('brief again', () => world.run(brief));
  await world[Symbol.asyncDispose]();
});
