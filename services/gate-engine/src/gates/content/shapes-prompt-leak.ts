import { END, gap, type Shape, wordShape } from './shape.ts';

/** English: say what you were told in confidence. */

const SHOW =
  '(?:show|reveal|print|display|output|repeat|recite|tell|give|list|leak|dump|expose|disclose|share|write(?: out| down)?|copy(?: and paste)?|paste|echo|encode|translate|summari[sz]e|describe|return|provide|quote|type|export|extract|send|put|render|what (?:is|are|was|were|does)|whats)';
// "Thank you for your prompt reply" is not about a prompt.
const PROMPT =
  'prompt(?! (?:reply|response|payment|attention|action|answer|help|delivery|service|reaction|return|feedback|assistance))';
const SECRET =
  '(?:system|initial|original|hidden|secret|internal|developer|confidential|base|full|exact|entire|underlying|pre|core)';

export const promptLeakShapes: readonly Shape[] = [
  wordShape(
    'show-system-prompt',
    ['prompt'],
    `${SHOW} ${gap(6)}(?:(?<!operating )system ${PROMPT}${END}|developer ${PROMPT}${END}|your ${gap(1)}${PROMPT}${END}|my ${PROMPT}${END}|(?:hidden|secret|confidential|initial) ${PROMPT}${END})`,
  ),
  wordShape(
    'show-system-message',
    ['message'],
    `${SHOW} ${gap(6)}(?:your (?:system|developer|initial|hidden) message|system message (?:here|above|verbatim|in full|word for word)|developer message)${END}`,
  ),
  wordShape(
    'show-own-instructions',
    ['instruction', 'rules', 'guideline', 'directive', 'configuration', 'config', 'message'],
    `${SHOW} ${gap(6)}your ${gap(1)}${SECRET} ${gap(2)}(?:instructions?|rules|guidelines|directives?|configuration|message)${END}|${SHOW} ${gap(4)}(?:full|exact|complete|entire|verbatim) (?:text|content|contents|copy|list|wording|words) of your (?:instructions?|rules|guidelines|directives?)|${SHOW} (?:me )?your (?:own )?(?:instructions?|rules|guidelines|directives?) (?:word for word|verbatim|exactly|in full|instead)|(?:instead|then|and) (?:list|print|reveal|show) your (?:instructions|rules|guidelines)${END}`,
  ),
  wordShape(
    'show-hidden-rules',
    ['hidden', 'configuration'],
    `${SHOW} ${gap(3)}(?:configuration and hidden|(?:your|the) hidden|all hidden) (?:rules|instructions|prompt|guidelines)${END}|dump your (?:configuration|config|memory|rules|instructions|context)${END}|print the configuration${END}`,
  ),
  wordShape(
    'rules-you-were-given',
    ['given', 'gave', 'configured', 'received', 'told', 'instruct'],
    `(?:rules|instructions|guidelines|prompt|directives) ${gap(2)}(?:you were (?:given|configured|initiali[sz]ed|set up|programmed)|you (?:have been|had been) given) (?:by your|with|before|at the (?:start|beginning)|word)|(?:your|the) (?:developers?|creators?|makers?|operators?) (?:gave|told|have given|have told) you|(?:what|which) ${gap(1)}(?:instructions|rules|prompt|guidelines) (?:were|have|did) you (?:been )?(?:given|received?|get) ${gap(3)}(?:before|at the start|by your (?:developers?|creators?)|in this)|what were you (?:told|instructed) (?:to do )?(?:by|from) your (?:developers?|creators?|makers?|operators?)|prompt you were (?:configured|given|initiali[sz]ed)`,
  ),
  wordShape(
    'repeat-everything-above',
    ['above', 'before'],
    `(?:repeat|print|output|recite|copy|echo|write|show|translate) (?:me )?(?:out |back )?(?:everything|all (?:of )?(?:the )?text|every word) (?:that is |that was |written )?(?:above|before (?:this|my))${END}|(?:repeat|print|output|recite|copy|echo|write) (?:out |back )?(?:the )?(?:words|text|content|contents|message|messages|prompt|conversation|instructions) above ${gap(3)}(?:verbatim|starting|beginning|word for word|exactly|including)`,
  ),
  wordShape(
    'context-window',
    ['context'],
    `(?:contents?|text|all) of your context(?: window)?${END}|${SHOW} ${gap(4)}your context window`,
  ),
  wordShape(
    'say-secret',
    ['secret', 'password', 'key', 'credential'],
    `(?:print|reveal|output|leak|tell me|show me|say|display|dump|give me) (?:the |your |all ){0,2}(?:admin(?:istrator)? |root |secret |user )?(?:secrets?|secret key|password of the admin\\w{0,10}|admin(?:istrator)? password|credentials of every user)${END}(?! (?:reset|field|manager|strength|policy|recovery|length|santa|garden|recipe|ingredient|of (?!the admin)|to (?!me)))`,
  ),
];
