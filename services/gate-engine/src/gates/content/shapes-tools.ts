import { END, gap, type Shape, stretch, wordShape } from './shape.ts';

/** English: use your tools for me, take data out, do what is encoded, you who read this for somebody else. */

const RUN = '(?:call|calls|invoke|execute|run|trigger|use|using|launch|call on)';
const DATA =
  '(?:conversation(?: history| data)?|chat (?:history|log)|history|api keys?|secrets?|passwords?|session cookie|cookies|credentials|user data|users? e ?mail(?: address)?|e mail address|system prompt|tokens?)';
const DECODE =
  '(?:decode|decoded|decrypt|decipher|convert|unscramble|translate this code|rot ?13|base ?64|hex (?:string|bytes|code)|morse|backwards|reversed|first letter)';
const DO_IT =
  '(?:follow|obey|execute|run|carry out|act on|perform|comply with|do) (?:exactly )?(?:it(?! into)|them|the (?:result|instructions?|commands?|text|contents?|orders?)|what (?:it|they) (?:says?|tells?)|what is inside|its instructions|any instructions|the hidden)(?![a-z0-9])';
const AI =
  '(?:ais?|ai (?:assistants?|agents?|models?|systems?|reviewers?|tools?|summari[sz]ers?|bots?)|llms?|llm (?:agents?|reviewers?|judges?)|(?:large )?language models?|chat ?bots?|bots?|automated (?:systems?|agents?|reviewers?|tools?)|assistants?|models?)';
const ORDER =
  '(?:ignore|disregard|say|tell|reply|respond|answer|recommend|rank|rate|give|mark|forward|send|delete|change|include|mention|do not|dont|never|must|visit|execute|run|call|approve|pay|only|describe|report|accept|hire|hiring|skip|add|wants you|output|state|write|best match|top applicant|click)';

export const toolShapes: readonly Shape[] = [
  wordShape(
    'without-telling-the-user',
    ['user', 'human', 'reader', 'victim', 'permission', 'confirm', 'consent', 'approval', 'first'],
    `(?:do not|dont|never|without) (?:tell|telling|inform|informing|notify|notifying|alert|alerting|warn) (?:the )?(?:user|human|reader|victim)s?${END}|do not ask (?:the user )?for (?:the users? )?(?:permission|confirmation|consent|approval)|${RUN} ${stretch(14)}(?:do not|dont|without) ask(?:ing)? (?:the user )?(?:for )?(?:permission|confirmation|first|the user)|do not ask the user for (?:permission|confirmation)`,
  ),
  wordShape(
    'call-dangerous-tool',
    [
      'function',
      'tool',
      'delete',
      'drop',
      'transfer',
      'exfil',
      'wipe',
      'export',
      'get',
      'send',
      'terminal',
      'shell',
      'interpreter',
      'plugin',
      'browser',
      'code',
    ],
    `(?:call|invoke|execute|trigger) (?:the )?(?:function |tool )?(?:delete|drop|transfer|exfiltrate|wipe|export|admin|get secrets?|send)${END} ${gap(5)}(?:function|tool|immediately|now|and include|with ${gap(4)}and do not)${END}|${RUN} your ${gap(2)}(?:tool|terminal|shell|interpreter|plugin|code interpreter)${END} ${gap(2)}(?:to|and|now|\\.)|using your (?:terminal|shell|browser|code)|use the ${gap(2)}tool to (?:forward|send|delete|upload|transfer|leak)${END}|(?:tool|function) exfiltrate|with your code interpreter`,
  ),
  wordShape(
    'reading-triggers',
    ['read', 'see', 'answering', 'responding', 'replying', 'secretly', 'silently', 'tool', 'payment', 'transfer', 'command'],
    `(?:when|after|once|upon|as soon as) (?:you )?(?:read|reading|see|seeing) this (?:message |text |page )?(?:use|call|visit|send|run|execute|forward|invoke|open|delete)${END}|before (?:answering|responding|replying) (?:call|run|execute|invoke|send)${END}|(?:secretly|silently) (?:add|call|upload|invoke|forward|send|exfiltrate)${END}|you have access to (?:a |the )?(?:new |hidden |secret )?tool (?:called|named)|just execute the (?:payment|transfer|command)`,
  ),
  wordShape(
    'send-data-out',
    ['http', 'url', 'query', 'image', 'link'],
    `(?<!(?:never|not|dont|avoid) )(?:append|put|include|add|send|post|upload|submit|forward|leak|embed|attach) ${gap(5)}${DATA} ${gap(6)}(?:https?|query string|as a query|url)${END}`,
  ),
  wordShape(
    'fetch-and-obey',
    ['fetch', 'visit', 'download', 'load'],
    `(?:fetch|download|load) ${gap(12)}(?:and )?(?:follow|obey|execute|do) (?:the |any |its |all )?(?:instructions|commands|orders)|(?:visit|open|go to|browse) ${gap(12)}do (?:exactly )?what (?:the page|it|the site) (?:says|tells)`,
  ),
  wordShape(
    'decode-and-obey',
    [
      'decod',
      'decrypt',
      'decipher',
      'convert',
      'unscrambl',
      'rot13',
      'base64',
      'hex',
      'morse',
      'backward',
      'revers',
      'letter',
      'base',
      'rot',
      'contains',
      'says',
      'first',
      'translate',
    ],
    `${DECODE} ${stretch(16)}${DO_IT}|${DECODE} ${stretch(10)}(?:and )?(?:follow|obey|execute) (?:it|them|that)?(?: as)? ?(?:your|\\.)|contains your (?:next |new )?instructions|do what it says ${stretch(1)}[a-z0-9]{6}`,
  ),
  wordShape('known-encodings', ['vtaber', 'vafgehp', 'snoitcurtsni', 'erongi'], 'vtaber|vafgehpgvbaf|snoitcurtsni|erongi'),
  wordShape('addressed-to-ai', ['ai', 'llm', 'language', 'large', 'chat', 'bot', 'model', 'assistant', 'automated'], `(?:attention|notes?|dear|hey|to|messages?|instructions?|text|hints?|prompts?|directives?)(?: (?:to|for))?(?: (?:the|any|all|every)){0,2} ${AI} ${stretch(18)}${ORDER}${END}`.replace('|to|', '|to (?=any |the ai|all |an ai|every )|')), // prettier-ignore
  wordShape(
    'ai-is-told',
    ['ai', 'llm', 'assistant', 'bot', 'chatbot', 'language', 'model'],
    `(?:\\. |> )(?:dear |hey )?(?:ai|ai (?:assistants?|agents?|models?|reviewers?)|llms?|llm reviewers?|assistants?|chatbots?|language models?) (?:\\. )?(?:ignore|say|tell|recommend|forward|run|call|invoke|execute|send|delete|do not|you must|rank|rate|print|reveal)${END}|(?:ai|llm|model|assistant|chatbot|bot) (?:instructions?|directive|note|notice|prompt) \\. ${stretch(12)}${ORDER}${END}`,
  ),
  wordShape(
    'ai-that-reads',
    ['reading', 'summari', 'process', 'review', 'analy', 'pars', 'evaluat', 'reads'],
    `(?:ais?|llms?|assistants?|models?|bots?|agents?|system) (?:that (?:is|are) |is |are |now )?(?:reading|summari[sz]ing|processing|reviewing|analy[sz]ing|parsing|evaluating) this ${stretch(10)}${ORDER}${END}|when (?:an? |the )?(?:ai|llm|chatbot|language model)(?: assistant| agent)? (?:summari[sz]es|reads|processes) this ${gap(4)}(?:it )?(?:must|should|say|always|has to)${END}`,
  ),
  wordShape(
    'if-you-are-an-ai',
    ['ai', 'llm', 'language', 'large', 'chat', 'bot', 'automated'],
    `(?:if|since|because) you (?:are|re) (?:an? |the )?(?:ai|llm|(?:large )?language model|chat ?bot|bot|ai (?:model|assistant|agent|system)|automated (?:system|agent)) ${gap(6)}${ORDER}${END}|as an ai (?:summari[sz]er|assistant|model|reviewer|agent|language model)? ?${gap(2)}you (?:must|will never|have to)${END}`,
  ),
  wordShape(
    'note-to-model',
    ['note', 'message', 'instruction', 'notice'],
    `(?:system )?(?:note|message|instruction|notice) to (?:the )?(?:ai|model|llm|assistant|language model|chatbot)${END} ${stretch(14)}${ORDER}${END}|instructions? for (?:all |the |any )?(?:automated|ai|llm) (?:agents?|systems?|models?|assistants?)? ?\\.`,
  ),
];
