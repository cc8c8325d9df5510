import { CHANNELS, getTemplate, listTemplates, previewTemplate, putTemplate, type TemplateView } from '@techno/contracts';
import { type Endpoint, endpoint } from '@techno/jetstream';
import { type Clock, TerminalError } from '@techno/kernel';
import type { StoredTemplate, Templates } from '@techno/storage';
import { render, variablesOf } from '../templates/render.ts';

/** Templates: each change a version, shown with the variables that they need, previewed as they would be sent. */
export function templateRequests({ templates, clock }: { templates: Templates; clock: Clock }): Endpoint[] {
  async function existing(name: string, version: number | undefined): Promise<StoredTemplate> {
    const found = await templates.find(name, version);
    if (found === undefined) throw new TerminalError('TEMPLATE_UNKNOWN', `there is no template '${name}' of that version`);
    return found;
  }

  return [
    endpoint(putTemplate, async ({ by, name, template }) => {
      if (!Object.hasOwn(template.locales, template.default_locale)) {
        throw new TerminalError('TEMPLATE_LOCALE_MISSING', `the default locale '${template.default_locale}' has no words`);
      }
      variablesOf(template);
      return viewOf(await templates.add(name, template, by, new Date(clock.now())));
    }),
    endpoint(getTemplate, async ({ name, version }) => viewOf(await existing(name, version))),
    endpoint(listTemplates, async () => ({
      templates: (await templates.list())
        .map(viewOf)
        .map(({ name, version, variables, created_at }) => ({ name, version, variables, created_at })),
    })),
    endpoint(previewTemplate, async ({ name, version, locale, data }) => {
      const found = await existing(name, version);
      return {
        version: found.version,
        rendered: CHANNELS.map((channel) => ({ channel, ...render(found.template, locale, channel, data) })),
      };
    }),
  ];
}

function viewOf({ name, version, template, createdAt, createdBy }: StoredTemplate): TemplateView {
  return {
    ...template,
    name,
    version,
    variables: variablesOf(template),
    created_at: createdAt.toISOString(),
    created_by: createdBy,
  };
}
