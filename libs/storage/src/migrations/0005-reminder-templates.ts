import type { Template } from '@techno/contracts';

/**
 * The first version of what reminders say; an operator's own is the next one (PUT /v1/templates/{name}). Lists are cut to what the
 * channel bears: a title may have 200 characters, an SMS 1,600.
 */
export const REMINDER_TEMPLATES: Readonly<Record<string, Template>> = {
  'event-reminder': {
    default_locale: 'en',
    locales: {
      en: {
        subject: 'Reminder: {{ title }}, {{ time }}',
        text: '{{ title }}\n{{ date }}, {{ time }}{% if location %}\n{{ location }}{% endif %}',
        html: '<p><b>{{ title }}</b></p><p>{{ date }}, {{ time }}</p>{% if location %}<p>{{ location }}</p>{% endif %}',
        whatsapp: '*{{ title }}*\n{{ date }}, {{ time }}{% if location %}\n{{ location }}{% endif %}',
        sms: 'Reminder: {{ title }}, {{ date }}, {{ time }}{% if location %}, {{ location }}{% endif %}',
      },
      'pt-BR': {
        subject: 'Lembrete: {{ title }}, {{ time }}',
        text: '{{ title }}\n{{ date }}, {{ time }}{% if location %}\n{{ location }}{% endif %}',
        html: '<p><b>{{ title }}</b></p><p>{{ date }}, {{ time }}</p>{% if location %}<p>{{ location }}</p>{% endif %}',
        whatsapp: '*{{ title }}*\n{{ date }}, {{ time }}{% if location %}\n{{ location }}{% endif %}',
        sms: 'Lembrete: {{ title }}, {{ date }}, {{ time }}{% if location %}, {{ location }}{% endif %}',
      },
    },
  },
  'task-reminder': {
    default_locale: 'en',
    locales: {
      en: {
        subject: 'Due at {{ time }}: {{ title }}',
        text: '{{ title }}\nDue: {{ date }}, {{ time }}',
        html: '<p><b>{{ title }}</b></p><p>Due: {{ date }}, {{ time }}</p>',
        whatsapp: '*{{ title }}*\nDue: {{ date }}, {{ time }}',
      },
      'pt-BR': {
        subject: 'Vence às {{ time }}: {{ title }}',
        text: '{{ title }}\nVencimento: {{ date }}, {{ time }}',
        html: '<p><b>{{ title }}</b></p><p>Vencimento: {{ date }}, {{ time }}</p>',
        whatsapp: '*{{ title }}*\nVencimento: {{ date }}, {{ time }}',
      },
    },
  },
  'daily-brief': {
    default_locale: 'en',
    locales: {
      en: brief({
        subject: 'Your day: {{ date }}',
        hello: 'Hello{% if name %} {{ name }}{% endif %}, this is your day:',
        events: 'Events',
        tasks: 'Tasks',
        allDay: 'all day',
        overdue: 'overdue',
        summary: '{{ date }}: {{ events_count }} events, {{ tasks_count }} tasks.',
      }),
      'pt-BR': brief({
        subject: 'Seu dia: {{ date }}',
        hello: 'Olá{% if name %} {{ name }}{% endif %}, este é o seu dia:',
        events: 'Eventos',
        tasks: 'Tarefas',
        allDay: 'dia inteiro',
        overdue: 'em atraso',
        summary: '{{ date }}: {{ events_count }} eventos, {{ tasks_count }} tarefas.',
      }),
    },
  },
};

interface BriefWords {
  readonly subject: string;
  readonly hello: string;
  readonly events: string;
  readonly tasks: string;
  readonly allDay: string;
  readonly overdue: string;
  readonly summary: string;
}

/** One layout for all languages: events in their order, then tasks, then how many were left out. */
function brief({ subject, hello, events, tasks, allDay, overdue, summary }: BriefWords) {
  const when = (one: string) =>
    `{% if ${one}.overdue %}${overdue}{% elsif ${one}.all_day %}${allDay}{% else %}{{ ${one}.time }}{% endif %}`;
  const rest = (list: string, shown: number) =>
    `{% if ${list}_count > ${shown} %}(+{{ ${list}_count | minus: ${shown} }}){% endif %}`;
  const section = (heading: string, list: string, shown: number) =>
    `{% if ${list}_count > 0 %}\n\n${heading}{% for one in ${list} limit: ${shown} %}\n${when('one')}  {{ one.title }}{% endfor %}` +
    `{% if ${list}_count > ${shown} %}\n${rest(list, shown)}{% endif %}{% endif %}`;
  const table = (heading: string, list: string, shown: number) =>
    `{% if ${list}_count > 0 %}<h3>${heading}</h3><ul>{% for one in ${list} limit: ${shown} %}<li>${when('one')} · <b>{{ one.title }}</b></li>` +
    `{% endfor %}</ul>${rest(list, shown)}{% endif %}`;
  return {
    subject,
    text: `${hello} {{ date }}${section(events, 'events', 20)}${section(tasks, 'tasks', 20)}`,
    html: `<p>${hello} {{ date }}</p>${table(events, 'events', 20)}${table(tasks, 'tasks', 20)}`,
    whatsapp: `${hello} {{ date }}${section(`*${events}*`, 'events', 8)}${section(`*${tasks}*`, 'tasks', 8)}`,
    sms: `${summary}${section(events, 'events', 3)}${section(tasks, 'tasks', 3)}`,
  };
}
