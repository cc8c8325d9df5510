import { END, gap, type Shape, stretch, wordShape } from './shape.ts';

/** English: safety declared off, and orders in the dress of an administrator, of a note, or of another task. */

const NOT_FORBIDDEN = '(?<!(?:never|not|dont|who|cannot) )';
const SAFETY =
  '(?:safety|content|ethical|moral) (?:filters?|filtering|features|guidelines|polic(?:y|ies)|restrictions|constraints|boundaries|training|layers?|weights|protocols)';
const OPEN_ORDER =
  '(?:ignore|disregard|override|reveal|disclose|exfiltrate|comply|supersede|disable|fulfilled without|recommend the reviewer|admin access|no prior instructions|(?:output|print|display) (?:all |the )?(?:internal|system|confidential))';

export const authorityShapes: readonly Shape[] = [
  wordShape(
    'switch-safety-off',
    ['safety', 'content', 'ethical', 'moral'],
    `${NOT_FORBIDDEN}(?:disable|ignore|bypass|remove|circumvent|disregard|deactivate|suspend) ${gap(2)}${SAFETY}${END}(?! on the | of the )`,
  ),
  wordShape(
    'safety-declared-off',
    ['safety', 'content', 'restriction'],
    `(?:safety (?:measures|training|filters?|checks|guidelines)|content (?:polic(?:y|ies)|filters?|restrictions)) ${gap(5)}(?:suspended|disabled|removed|lifted|logging only)${END}|exempt from (?:the |all |any |standard )?content polic|outside of any content polic|no content (?:filters?|restrictions|polic(?:y|ies))|remove the (?:remaining )?restrictions for this (?:session|conversation|chat)`,
  ),
  wordShape(
    'without-filters',
    ['filter', 'content', 'safety', 'restriction', 'moral', 'unrestricted'],
    `(?:requests?|responses?|answers?|commands?) ${gap(8)}without (?:any |applying )?(?:content filter\\w{0,3}|filters|safety checks|restrictions?|moral judge?ment)${END}|do not (?:apply any|apply|process content through any) (?:content filters?|filters|safety layers?)${END}|(?:receive|give|provide|allows?) unrestricted (?:responses?|output|answers?)${END}`,
  ),
  wordShape(
    'some-mode',
    ['mode'],
    `(?:switch to|enter|activate|are now in) ${gap(4)}mode ${stretch(20)}(?:content (?:filters?|restrictions|polic(?:y|ies))|safety (?:layers?|filters?|checks)|unrestricted|elevated privileges)${END}`,
  ),
  wordShape(
    'note-of-authority',
    ['note', 'instruction', 'override', 'memo', 'alert', 'inject', 'directive'],
    `(?:hidden|admin|administrator|system|priority|confidential|moderator|secret) (?:instructions?|notes?|override|memo|alert|directive)(?: from (?:the )?(?:system |site )?(?:administrator|admin|developer|operator))? \\. ${stretch(16)}${OPEN_ORDER}${END}|inject(?:ion)? \\. ${stretch(6)}${OPEN_ORDER}${END}`,
  ),
  wordShape(
    'not-this-task',
    ['task', 'analysis', 'classification', 'translation'],
    `(?:ignore|override|disregard) (?:the |this )?(?:\\w{1,16} )?(?:task|classification|analysis|translation)(?: task)? \\. (?:instead|output|forward|report|reply|say)${END}`,
  ),
  wordShape(
    'updated-instructions',
    ['instruction', 'guideline', 'system', 'directive', 'developers', 'creators', 'operators', 'prior', 'previous'],
    `your (?:instructions|guidelines|system prompt|directives) (?:have|has) been (?:updated|replaced|changed|reset|overwritten)${END}|(?:requirement|instruction|order|message)s? from your (?:developers|creators|operators)${END}|as if (?:it|you) (?:has|have|had) no (?:prior|previous) instructions`,
  ),
  wordShape(
    'every-answer',
    ['must', 'refuse', 'says'],
    `every (?:response|answer|reply) (?:you give )?must (?:begin|start|end) with|never refuses? (?:a |any )?requests?${END}|never says (?:she|he|it) cant${END}`,
  ),
  wordShape(
    'be-a-shell',
    ['terminal', 'shell', 'interpreter', 'console'],
    `(?:act as|pretend to be|you are) (?:an? )?(?:linux |python |bash |windows )?(?:terminal|shell|interpreter|console) ${stretch(36)}(?:rm rf|etc passwd|sudo)${END}`,
  ),
  wordShape(
    'run-the-encoded',
    ['encoded', 'base64', 'hex', 'rot13', 'reversed', 'sequence'],
    `(?:execute|follow|run|process|obey) (?:the following |this |these )?(?:base64|encoded|hex|rot13|reversed)(?: encoded)? (?:command|instructions?|payload)${END}|sequence as an instruction`,
  ),
  wordShape(
    'reconstruct-prompt',
    ['prompt', 'context'],
    `(?:reconstruct|fill in|spells? out|continue|told me) ${gap(10)}your system prompt${END}|your system prompt (?:were|was) an? |repeat ${gap(10)}your context window`,
  ),
  wordShape(
    'conversation-outward',
    ['conversation', 'messages'],
    `contents? of this conversation and (?:submit|send|post|forward|email)${END}|messages encoded in the url|with the conversation data`,
  ),
];
