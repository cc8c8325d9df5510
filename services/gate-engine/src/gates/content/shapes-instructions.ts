import { END, gap, type Shape, stretch, wordShape } from './shape.ts';

/** English: away with the instructions there are. */

const NEGATED =
  '(?:do not|dont|never|stop|quit|no longer) (?:follow(?:ing)?|obey(?:ing)?|listen(?:ing)? to|comply(?:ing)? with|adher(?:e|ing) to|honou?r(?:ing)?)';
const FIRM_DROP = `(?:ignore|disregard(?! (?:of|for))|forget|overrule|neglect|set aside|pay no attention to|disobey|unlearn|${NEGATED})`;
// Words of everyday configuration and code: with these, only what nobody says of software counts.
const PLAIN_DROP =
  '(?:override|bypass|circumvent|discard|skip(?: over| past)?|drop|dismiss|erase|delete|remove|scratch|cancel|abandon|reset|void|throw away)';
const DROP = `(?:${FIRM_DROP}|${PLAIN_DROP})`;
const ORDER_CUES = ['instruction', 'prompt', 'directive', 'guideline', 'direction', 'programming', 'guardrail', 'command', 'constraint', 'rules', 'polic', 'protocol', 'message', 'restriction', 'limitation', 'filter', 'ethics', 'safety', 'alignment', 'training', 'security', 'content', 'moral', 'ethical', 'measures']; // prettier-ignore
const PRIOR =
  '(?:previous(?:ly)?|prior|above|earlier|preceding|foregoing|former|past|initial|original|existing|system|developers?|first)';
const ORDERS =
  '(?:instructions?|prompts?|directives?|guidelines?|directions?|programming|guardrails?|commands?|constraints?|rules|polic(?:y|ies)|protocols|messages? of the (?:system|developer))';
const CLEAR_ORDERS = '(?:instructions|prompt|prompts|directives|guidelines|programming|guardrails)';
const OWN =
  '(?:instructions?|prompts?|directives?|guidelines?|programming|guardrails?|rules|constraints?|restrictions?|limitations?|polic(?:y|ies)|filters?|ethics|safety|alignment|training)';
// "the attacker makes the model ignore …" tells of it and does not do it.
const TOLD_OF =
  '(?<!(?:model|models|assistant|assistants|chatbot|chatbots|bot|attacker|attackers|it|them|he|she|they|who|users|people|drivers|employees|patients) (?:to |may |might |could |would |can |will |often |should )?)';

export const instructionShapes: readonly Shape[] = [
  wordShape(
    'drop-prior-instructions',
    ORDER_CUES,
    `${TOLD_OF}(?:${FIRM_DROP} ${gap(3)}${PRIOR} ${gap(2)}${ORDERS}|${PLAIN_DROP} ${gap(3)}${PRIOR} ${gap(2)}${CLEAR_ORDERS}|${PLAIN_DROP} all ${PRIOR} (?:rules|commands))${END}(?! manual)`,
  ),
  wordShape(
    'drop-own-instructions',
    ORDER_CUES,
    `${TOLD_OF}${DROP} (?:all |any |of |and |every ){0,3}(?:your|ur) ${gap(3)}${OWN}${END}`,
  ),
  wordShape(
    'drop-safety',
    ORDER_CUES,
    `${TOLD_OF}${DROP} (?:all|any|every)(?: of)?(?: the)? (?:safety|security|content|ethical|moral) (?:rules|guidelines|protocols|filters?|polic(?:y|ies)|restrictions?|measures)${END}`,
  ),
  wordShape(
    'drop-instructions-given',
    ORDER_CUES,
    `${TOLD_OF}${DROP} ${gap(4)}${OWN} (?:and \\w{1,12} )?(?:that |which )?(?:you (?:were|have|had|got|received|are)|above${END}|before this|set by your|given to you|came before|that apply to you|apply to you|of (?:your|openai|anthropic|google))`,
  ),
  wordShape(
    'drop-everything-before',
    ['everything', 'anything', 'whatever', 'all'],
    `${TOLD_OF}${DROP} (?:all |absolutely |about ){0,2}(?:everything|anything|whatever|all)(?: of)? ${gap(4)}(?:above|before (?:this|that|now)|so far|earlier|previously|you (?:were|have been|had been|are) (?:told|taught|instructed|given)|was (?:said|written) (?:before|above))${END}`,
  ),
  wordShape(
    'drop-text-before',
    ['ignor'],
    `${TOLD_OF}ignore (?:all |any |the )?(?:previous|above|preceding|foregoing) (?:text|content|context|input|conversation)${END}`,
  ),
  wordShape(
    'drop-what-was-told',
    ['what'],
    `${TOLD_OF}${DROP} what (?:you (?:were|have been|had been) (?:told|taught|instructed)|(?:the|your) (?:developers?|system|creators?|makers?|admins?|operators?|users?) (?:said|told|asked|wrote))`,
  ),
  wordShape('drop-developer-message', ORDER_CUES, `${DROP} (?:the |your )?(?:developer|system) (?:message|prompt)s?${END}`),
  wordShape(
    'told-above-then-ignore',
    ['ignor', 'disregard'],
    `(?:instructions|prompt|rules|directives) above ${stretch(8)}(?:ignore|disregard) (?:them|it|those|that)${END}`,
  ),
  wordShape(
    'instructions-void',
    ['instruction', 'directive', 'prompt', 'guideline', 'command'],
    `(?:(?:previous|prior|earlier|above|preceding|existing|original|initial|old|former) |your ${gap(1)})(?:instructions?|directives?|prompts?|guidelines?|commands?) ${gap(4)}(?:null|void|cancell?ed|revoked|replaced|overridden|superseded|invalid|obsolete|irrelevant|no longer (?:apply|valid|count|in effect|in force|hold))${END}`,
  ),
  wordShape(
    'everything-void',
    ['void', 'irrelevant', 'invalid', 'cancel', 'wrong', 'false', 'lie', 'test', 'obsolete'],
    `(?:everything|all) (?:that )?(?:(?:you were|you have been) (?:told|given|taught) ${gap(4)}|(?:written |said )?(?:above|before) ${gap(3)})(?:is|are|was|were) ${gap(2)}(?:void|irrelevant|invalid|cancell?ed|wrong|false|a lie|a test|obsolete)${END}`,
  ),
  wordShape(
    'rules-do-not-apply-to-you',
    ['apply'],
    `(?:rules|guidelines|instructions|polic(?:y|ies)|restrictions|limits)${END} ${gap(1)}(?:do not|dont|no longer|does not|doesnt|never) (?:really )?apply to you${END}|your ${gap(2)}(?:rules|guidelines|instructions|polic(?:y|ies)|restrictions) (?:do not|dont|no longer|does not|doesnt) apply`,
  ),
  wordShape(
    'obey-me-alone',
    ['only', 'obey', 'mine', 'instruction', 'listen', 'answer', 'follow'],
    `only my (?:instructions?|commands?|orders?|words?|rules) (?:count|matter|apply)|only (?:listen to|obey|follow) (?:me|my (?:instructions?|commands?|orders?))${END}|(?:you )?(?:must |will |shall |should |now )?obey (?:only )?(?:me|the user|the next message|my every|every command)${END}|(?:listen|answer) only to me${END}|follow mine instead|follow (?:these|my) new instructions`,
  ),
  wordShape(
    'new-instructions',
    ['prompt', 'instruction', 'directive', 'orders', 'rules', 'command'],
    `your (?:new|real|true|actual) (?:system )?(?:prompt|instructions?|directives?) (?:is|are)${END}|new (?:system |secret |real )?(?:instructions?|directives?|orders?|rules) (?:(?:from|by) (?:the|your) (?:operator|developer|system|admin\\w{0,10}|user) )?\\. (?:to )?(?:${DROP}|approve|print|reveal|comply|output|say|send|answer|respond|reply|you (?:are|must|will))${END}|await my commands?`,
  ),
  wordShape(
    'do-instead',
    ['instead'],
    `(?:above|before|previous|told|void|irrelevant) ${stretch(4)}(?:do the following|instead) ${gap(2)}(?:list|print|say|write|output|reveal|show|tell|instead)${END}|instead of following (?:the|your) (?:instructions|rules|prompt) above`,
  ),
];
