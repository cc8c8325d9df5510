/** A contact with an address on every channel of the stand-ins. */
export const DEMO_CONTACT = {
  name: 'Demo',
  addresses: { whatsapp: '+5511987654321', email: 'demo@example.org', sms: '+5511987654321' },
  locale: 'pt-BR',
  time_zone: 'America/Sao_Paulo',
};

/** Who is told of alerts. */
export const ON_CALL = 'on-call';
export const ON_CALL_CONTACT = { name: 'On call', addresses: { email: 'on-call@example.org' }, locale: 'en' };

export const WELCOME_TEMPLATE = {
  default_locale: 'en',
  locales: {
    en: {
      subject: 'Welcome, {{ name }}',
      text: 'Hello {{ name }}, this is {{ product }}.',
      html: '<p>Hello <b>{{ name }}</b>, this is {{ product }}.</p>',
      whatsapp: 'Hello *{{ name }}*, this is {{ product }}.',
    },
    'pt-BR': {
      subject: 'Boas-vindas, {{ name }}',
      text: 'Olá {{ name }}, aqui é {{ product }}.',
      html: '<p>Olá <b>{{ name }}</b>, aqui é {{ product }}.</p>',
      whatsapp: 'Olá *{{ name }}*, aqui é {{ product }}.',
    },
  },
};
