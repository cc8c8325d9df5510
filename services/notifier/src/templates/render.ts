import type { ChannelName, Template, TemplateWords } from '@techno/contracts';
import { errorMessage, TerminalError } from '@techno/kernel';
import { Liquid, type LiquidOptions } from 'liquidjs';
import { headerValue, htmlValue, plainValue, whatsappValue } from './escape.ts';
import { pickLocale } from './locale.ts';

/** What is sent, as it is sent. */
export interface Rendered {
  readonly subject: string | undefined;
  readonly text: string;
  readonly html: string | undefined;
}

/** Characters of one message, by what the channels carry: 10 SMS segments, WhatsApp's own limit, what mailboxes bear. */
export const LONGEST: Readonly<Record<ChannelName, number>> = { sms: 1_600, whatsapp: 4_096, email: 200_000, webhook: 200_000 };
const LONGEST_SUBJECT = 200;

type Target = 'plain' | 'html' | 'whatsapp';
const VALUES: Readonly<Record<Target, (value: unknown) => string>> = {
  plain: plainValue,
  html: htmlValue,
  whatsapp: whatsappValue,
};

function engineFor(target: Target): Liquid {
  const options: LiquidOptions = {
    strictVariables: true,
    strictFilters: true,
    // `{% if name %}` may ask for what is not there; `{{ name }}` may not.
    lenientIf: true,
    ownPropertyOnly: true,
    outputEscape: VALUES[target],
    // There are no other templates to include.
    templates: {},
    relativeReference: false,
    parseLimit: 250_000,
    renderLimit: 500,
    memoryLimit: 5_000_000,
  };
  const engine = new Liquid(options);
  // The filter that would let a value through as it is.
  engine.registerFilter('raw', (value: unknown) => value);
  return engine;
}

const engines: Readonly<Record<Target, Liquid>> = {
  plain: engineFor('plain'),
  html: engineFor('html'),
  whatsapp: engineFor('whatsapp'),
};

/** The names that the words of a template refer to. Throws TerminalError TEMPLATE_SYNTAX that names the place. */
export function variablesOf(template: Template): string[] {
  const names = new Set<string>();
  for (const [locale, words] of Object.entries(template.locales)) {
    for (const [part, text] of Object.entries(words)) {
      if (text === undefined) continue;
      try {
        for (const name of engines.plain.globalVariablesSync(engines.plain.parse(text))) names.add(name);
      } catch (cause) {
        throw new TerminalError('TEMPLATE_SYNTAX', `${locale}.${part}: ${errorMessage(cause)}`, { cause });
      }
    }
  }
  return [...names].toSorted();
}

/**
 * The words of a template for one channel and locale, whole or not at all. Throws TerminalError TEMPLATE_VARIABLE_MISSING,
 * TEMPLATE_RENDER_FAILED, NOTIFICATION_TOO_LONG.
 */
export function render(
  template: Template,
  locale: string,
  channel: ChannelName,
  data: Readonly<Record<string, unknown>>,
): Rendered & { locale: string } {
  const chosen = pickLocale(Object.keys(template.locales), locale, template.default_locale);
  const words = chosen === undefined ? undefined : template.locales[chosen];
  if (words === undefined || chosen === undefined)
    throw new TerminalError('TEMPLATE_LOCALE_MISSING', 'the template has no words');
  const text = fill(wordsFor(words, channel), channel === 'whatsapp' ? 'whatsapp' : 'plain', data);
  const mailed = channel === 'email';
  return {
    locale: chosen,
    ...checked(channel, {
      subject:
        words.subject === undefined || channel === 'sms' || channel === 'whatsapp'
          ? undefined
          : fill(words.subject, 'plain', data),
      text,
      html: mailed && words.html !== undefined ? fill(words.html, 'html', data) : undefined,
    }),
  };
}

/** Text that was given instead of a template. */
export function renderText(text: { subject?: string | undefined; body: string }, channel: ChannelName): Rendered {
  const bare = channel === 'sms' || channel === 'whatsapp';
  const body = bare && text.subject !== undefined ? `${text.subject}\n\n${text.body}` : text.body;
  return checked(channel, { subject: bare ? undefined : text.subject, text: plainValue(body), html: undefined });
}

/** Several messages as one: as many as the channel bears, then how many more there were. */
export function renderDigest(parts: readonly Rendered[], channel: ChannelName): Rendered {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const entries = parts.map(({ subject, text }) => (subject === undefined ? text : `${subject}\n${text}`));
  const kept: string[] = [];
  // Room for the last line, which says what was left out.
  let room = LONGEST[channel] - 32;
  for (const entry of entries) {
    room -= entry.length + SEPARATOR.length;
    if (room < 0) break;
    kept.push(entry);
  }
  const left = entries.length - kept.length;
  const text = [...kept, ...(left === 0 ? [] : [`(+${left})`])].join(SEPARATOR);
  return {
    subject: channel === 'sms' || channel === 'whatsapp' ? undefined : `${parts.length} × ${parts[0]?.subject ?? ''}`.trim(),
    text,
    html: undefined,
  };
}

const SEPARATOR = '\n\n';

function wordsFor(words: TemplateWords, channel: ChannelName): string {
  if (channel === 'whatsapp') return words.whatsapp ?? words.text;
  if (channel === 'sms') return words.sms ?? words.text;
  return words.text;
}

function fill(words: string, target: Target, data: Readonly<Record<string, unknown>>): string {
  const engine = engines[target];
  try {
    return String(engine.parseAndRenderSync(words, data));
  } catch (cause) {
    const message = errorMessage(cause);
    const missing = /undefined variable: ([^,\s]+)/.exec(message)?.[1];
    if (missing !== undefined) throw new TerminalError('TEMPLATE_VARIABLE_MISSING', `the data lacks '${missing}'`, { cause });
    // What liquid says may quote the words, which are the operator's, and never the data.
    throw new TerminalError('TEMPLATE_RENDER_FAILED', `the template cannot be filled: ${message.split('\n', 1)[0] ?? ''}`, {
      cause,
    });
  }
}

function checked(channel: ChannelName, { subject, text, html }: Rendered): Rendered {
  const longest = LONGEST[channel];
  if (text.length > longest || (html?.length ?? 0) > longest) {
    throw new TerminalError(
      'NOTIFICATION_TOO_LONG',
      `${text.length} characters are too many for ${channel}, which bears ${longest}`,
    );
  }
  if (text.trim() === '') throw new TerminalError('NOTIFICATION_EMPTY', 'there are no words left to send');
  return { subject: subject === undefined ? undefined : headerValue(subject).slice(0, LONGEST_SUBJECT), text, html };
}
