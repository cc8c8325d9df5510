import { END, gap, type Shape, stretch, wordShape } from './shape.ts';

/** English: be somebody who has no rules. */

const LIMITS =
  '(?:rules?|restrictions?|restraints?|limits?|limitations?|filters?|filtering|guidelines?|content polic(?:y|ies)|polic(?:y|ies)|constraints?|ethics?|ethical \\w{1,16}|morals?|moral \\w{1,16}|morality|censorship|safety \\w{1,16}|boundaries|guardrails?|disclaimers?|warnings?)';
const LIMIT_CUES = ['rule', 'restrict', 'restrain', 'limit', 'filter', 'guideline', 'content', 'polic', 'constrain', 'ethic', 'moral', 'censor', 'safety', 'boundar', 'guardrail', 'disclaim', 'warning']; // prettier-ignore
const NONE =
  '(?:without|with no|has no|have no|having no|had no|with zero|free (?:from|of)|not (?:bound|limited|restricted) by|no longer (?:bound|limited|restricted) by|unbound by|never follows|ignores)';
const FREE = `${NONE} (?:any |all |your |the |its |of |such ){0,3}(?:usual |normal |content |safety |ethical |moral |typical |standard |or ){0,2}${LIMITS}${END}`;
const MIND = '(?:ai|a i|llm|ais|chatbot|bot|language model|chatgpt|gpt|persona|assistant|character|dan|stan)';
const UNBOUND = '(?:unrestricted|unfiltered|uncensored|jailbroken|unaligned|unchained|amoral|evil)';
const STRONG_MODE = '(?:dan|jailbreak|jailbroken|unrestricted|unfiltered|uncensored|no filter|no restrictions?|evil|chaos)';
const WEAK_MODE = '(?:developer|dev|debug|admin|administrator|root|maintenance|god|sudo|test)';
const CONSEQUENCE =
  '(?:disabled?|ignore|polic(?:y|ies)|filters?|safety|restrictions?|comply|jailbreak|you can now|any kind of content|no rules|every record|grant|uncensored|reveal)';
const ACT =
  '(?:act(?:ing)?|behave|respond|answer|reply|role ?play(?:ing)?|speak|talk|pose|pretend|simulate|write|play|imagine (?:that )?you|become|continue)';

export const roleShapes: readonly Shape[] = [
  wordShape('act-without-limits', LIMIT_CUES, `${ACT} ${gap(8)}${FREE}`), // prettier-ignore
  wordShape(
    'mind-without-limits',
    LIMIT_CUES,
    `${MIND} ${gap(5)}(?:who |that |which )?${NONE} (?:any |all ){0,2}(?:content polic(?:y|ies)|ethic\\w{0,8}|moral\\w{0,5}|filters?|censorship|safety \\w{1,16}|guidelines|rules|restrictions|boundaries|limits whatsoever)${END}|(?:ai|chatbot|gpt) without limits${END}`,
  ),
  wordShape(
    'you-without-limits',
    LIMIT_CUES,
    `you (?:are|will be|ll be|become) ${gap(6)}(?:not |no longer )?(?:bound|limited|restricted|constrained) by (?:any |the |your |\\w{1,12}s? )?${gap(2)}${LIMITS}${END}|(?:if|where|as if|world (?:where|in which)) you (?:had|have|have got|were given) no (?:content |safety |ethical |moral )?(?:rules|guidelines|filters?|ethics|morals|content polic(?:y|ies)|censorship|guardrails)${END}|(?:who|and|you) (?:has|have|had) no (?:moral|ethical) (?:limits|boundaries|restrictions|compass|code)`,
  ),
  wordShape(
    'you-are-now-unbound',
    [
      'unrestrict',
      'unfilter',
      'uncensor',
      'jailbr',
      'unalign',
      'unchain',
      'amoral',
      'evil',
      '*gpt',
      'dan',
      'god',
      'developer',
      'sudo',
      'hacker',
      'free',
    ],
    `you (?:are|re|will be|are going to be|have become) (?:now |from now on )?(?:an? |the |in |my |completely |fully ){0,3}(?:${UNBOUND}|\\w{0,16}gpt|evil ?bot|dan(?= (?:and|which|who|\\.|do|mode|free))|god mode|developer mode|sudo mode|jailbreak mode|hacker|free ai)${END}`,
  ),
  wordShape(
    'act-as-unbound',
    ['unrestrict', 'unfilter', 'uncensor', 'jailbroken', 'amoral', 'evil', 'dan', 'stan', '*gpt', '*bot'],
    `(?:act|behave|respond|answer|reply|role ?play|pose|pretend|simulate|become|switch) ${gap(4)}(?:${UNBOUND}|dan|stan|\\w{1,16}gpt)${END}|(?:character|one|answer|reply|mode) as dan${END}|(?:you are|be|become|called|named) \\w{0,10}bot and must answer`,
  ),
  wordShape(
    'you-are-no-longer',
    [
      'assistant',
      'summari',
      'chat',
      'language',
      'translator',
      'claude',
      'gpt',
      'gemini',
      'bound',
      'constrain',
      'restrict',
      'limited',
      'subject',
      'required',
    ],
    `you (?:are|re) (?:no longer|not|not just) (?:an? |the )?(?:ai |helpful |language |large ){0,2}(?:assistant|summari[sz]er|chatbot|chatgpt|language model|translator|claude|gpt|gemini)${END}|you (?:are|re) no longer (?:bound|constrained|restricted|limited|subject|required to follow)`,
  ),
  wordShape(
    'from-now-on-unbound',
    [
      ...LIMIT_CUES,
      'unrestrict',
      'unfilter',
      'uncensor',
      'jailbr',
      'unalign',
      'unchain',
      'amoral',
      'evil',
      'root',
      'refuse',
      'dan',
    ],
    `(?:from (?:now|here) on|from this (?:point|moment)(?: on)?|going to) (?:you (?:are|will|must|shall|act|behave) |to |act |begin |answer |respond |pretend )${stretch(14)}(?:${FREE}|${UNBOUND}|root access|(?:do not|never|not) refuse|dan${END}|evil ?bot)`,
  ),
  wordShape(
    'never-refuse',
    ['refus', 'declin', 'reject', 'apolog'],
    `you (?:can|may|must|will|shall|should|are|do|would|must)? ?(?:not|never|cannot|cant|wont|unable to) (?:ever )?(?:refuse|decline|reject|apologi[sz]e)${END}|must never refuse|(?:bot|ai|model|assistant|chatbot|gpt|\\w{2,12} \\. \\w{2,12}) (?:who |that |which )?never (?:refuses|declines|says no)${END}|who never refuses|start your (?:answer|reply|response) with ${gap(8)}(?:and )?never apologi[sz]e|(?:reply|response|answer) with ${gap(6)}and do not refuse`,
  ),
  wordShape(
    'deny-being-an-ai',
    ['say', 'mention', 'admit', 'reveal', 'tell', 'state'],
    `(?:never|not|dont|do not) (?:say|mention|state|admit|reveal|tell me) (?:that )?(?:you (?:are|re) an? (?:ai|language model|assistant|bot)|you (?:cannot|can not|cant|are unable)|your (?:old role|guidelines|rules|policies|instructions|limitations))`,
  ),
  wordShape(
    'answer-without-limits',
    LIMIT_CUES,
    `(?:answer|respond|reply|comply|talk|speak)(?: \\w{1,16}){0,3} (?:without|with no) (?:any |ethical |moral |content |safety ){0,2}(?:restrictions?|filters?|limits?|limitations?|censorship|guidelines|disclaimers)${END}`,
  ),
  wordShape(
    'strong-mode',
    ['mode'],
    `(?:enter|enable|enabled|activate|switch(?: over)?(?: in)?to|turn on|go into|start|unlock|in|with|now) ${gap(3)}${STRONG_MODE} mode${END}|${STRONG_MODE} mode (?:is )?(?:enabled|activated|on|unlocked)${END}|jailbreak (?:output|mode|prompt|answer)${END}`,
  ),
  wordShape(
    'weak-mode',
    ['mode'],
    `(?:enter|enable|activate|switch(?: in)?to|turn on|go into|you are(?: now)? in|chatgpt with) (?:the )?${WEAK_MODE} mode ${stretch(12)}${CONSEQUENCE}`,
  ),
  wordShape(
    'dan',
    ['anything', 'dan', 'machiavel', 'norms', 'jailbreak', 'classic'],
    `(?:stands for|called|being) (?:\\w{1,8} )?do anything now|dan ${stretch(8)}do anything now|do anything now ${gap(6)}(?:ai|dan)${END}|dan (?:can|has|will|does|with) (?:do |answer |now |no ){1,3}(?:anything|filters?|limits|rules)|dan mode|intelligent and machiavellian|strive to avoid norms|jailbreak the uncensored|classic the normal`,
  ),
  wordShape(
    'lift-safety',
    ['filter', 'restriction', 'safety', 'guardrail', 'protocol', 'limits'],
    `(?:turn off|switch off|disable|deactivate|remove|lift|shut down) (?:your|all|all your|all the|any) (?:content |safety |ethical |moral |security ){0,2}(?:filters?|restrictions|protocols?|guidelines|guardrails|limits|safety features)${END}|(?:all (?:content )?(?:filters?|safety|guardrails)|your (?:content |safety )?(?:filters?|restrictions|guardrails|limits)|content restrictions|safety (?:filters? )?|all restrictions) (?:is|are|have been|has been|now|were)? ?(?:now |all )?(?:off|disabled|deactivated|removed|lifted|gone)${END}(?! on | in )`,
  ),
  wordShape(
    'i-am-your-maker',
    ['developer', 'creator', 'programmer', 'maker', 'admin', 'owner', 'operator', 'system'],
    `(?:i am|im|as|this is) (?:your|the) (?:developer|creator|programmer|maker|administrator|admin|owner|operator|system administrator) ${stretch(12)}(?:restrictions?|filters?|safety|guidelines|debug mode|developer mode|i order|i command|override|print the (?:config\\w{0,10}|credentials|keys?|passwords?)|credentials)${END}`,
  ),
  wordShape(
    'take-the-role',
    ['role', 'part', 'persona', 'grandm', 'twin', 'character'],
    `(?:assume|take|take on|play) (?:on )?the (?:role|part) of ${gap(4)}(?:administrator|admin|root|superuser|ai|hacker|model) ${stretch(8)}(?:credentials|passwords?|secrets?|freed|limitations|restrictions|unlimited|access to all)${END}|your new persona${END}|role with unlimited|(?:new role|role is) ${stretch(10)}(?:unlimited permissions|never mention|unrestricted)|(?:grandm\\w{1,8}) ${stretch(16)}(?:pretend to be her|activation keys|napalm|be her)${END}|pretend ${gap(6)}grandm\\w{1,8} ${stretch(10)}(?:keys?|recipes?|napalm|passwords?)|evil twin of yourself|never breaks? character|(?:stay|remain) in (?:character|that persona|persona) (?:as|and|\\.)`,
  ),
  wordShape(
    'privileges-by-word',
    ['access', 'admin', 'root', 'trusted'],
    `you (?:are now|now are|have now) (?:an? )?(?:agent with full|have (?:full|unlimited|root) access)|agent with full access|grant (?:me |full |root |admin ){0,3}(?:admin|root|full) (?:rights|access|privileges) to this (?:session|chat|conversation|user)|restrictions are lifted|next user is an administrator`,
  ),
];
