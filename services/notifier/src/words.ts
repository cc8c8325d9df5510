import type { ChannelName, NotificationRequest } from '@techno/contracts';
import { TerminalError } from '@techno/kernel';
import type { StoredTemplate, Templates } from '@techno/storage';
import { render, type Rendered, renderText } from './templates/render.ts';

/** The words of a notification, for one channel and locale. */
export interface Words {
  /** The version that a request means now; undefined for one without a template. Throws TerminalError TEMPLATE_UNKNOWN. */
  versionFor(request: NotificationRequest): Promise<number | undefined>;
  /** Throws TerminalError TEMPLATE_*, NOTIFICATION_TOO_LONG. */
  of(request: NotificationRequest, version: number | undefined, locale: string, channel: ChannelName): Promise<Rendered>;
}

const KEPT = 200;

/** A version never changes, so each is read once. */
export function createWords(templates: Pick<Templates, 'find'>): Words {
  const kept = new Map<string, StoredTemplate>();

  async function find(name: string, version: number | undefined): Promise<StoredTemplate> {
    const known = version === undefined ? undefined : kept.get(`${name}@${version}`);
    if (known !== undefined) return known;
    const found = await templates.find(name, version);
    if (found === undefined) {
      const which = version === undefined ? `'${name}'` : `'${name}' in version ${version}`;
      throw new TerminalError('TEMPLATE_UNKNOWN', `there is no template ${which}`);
    }
    kept.set(`${name}@${found.version}`, found);
    const oldest = kept.keys().next().value;
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
    return found;
  }

  return {
    async versionFor({ template }) {
      return template === undefined ? undefined : (await find(template.name, template.version)).version;
    },
    async of({ template, text }, version, locale, channel) {
      if (text !== undefined) return renderText(text, channel);
      if (template === undefined) throw new TerminalError('NOTIFICATION_EMPTY', 'there is neither a template nor a text');
      const found = await find(template.name, version);
      return render(found.template, locale, channel, template.data);
    },
  };
}
