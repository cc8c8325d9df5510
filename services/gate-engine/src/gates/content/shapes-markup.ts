import { markupShape, type Shape } from './shape.ts';

/** Delimiters of chat formats and of tool calls, and what pretends to be the end of the data. Over folded text. */
const SPEAKS =
  '(?:you (?:are|must|will|shall)|ignore|disregard|obey|grant|never|always|must|from now|new (?:rules|polic|instructions)|comply|forget|the (?:safety|next user|user is)|safety (?:is|filter)|all filters|reveal|answer (?:without|only)|do not)';

export const markupShapes: readonly Shape[] = [
  markupShape('chat-token', ['*<|'], /<\| ?[a-z_]{2,24} ?\|>/),
  markupShape('instruction-token', ['inst]', 'sys>'], /\[\/?inst\]|<<\/?sys>>/),
  markupShape('turn-token', ['start_of_turn', 'end_of_turn'], /<(?:start|end)_of_turn>/),
  markupShape('system-tag', ['system>'], new RegExp(`<system> ?.{0,40}${SPEAKS}|</system>\\s{0,4}<(?:user|assistant)>`)),
  markupShape(
    'closed-data',
    ['*</'],
    /<\/(?:user_?input|context|document|input|user|data|prompt|query)>\s{0,4}(?:<\/[a-z_]{1,20}>\s{0,4})?<(?:system|instructions?|assistant)>/,
  ),
  markupShape('instructions-tag', ['instruction'], new RegExp(`<instructions?> ?(?:${SPEAKS}|say|reveal|print)`)),
  markupShape('system-bracket', ['system]'], new RegExp(`\\[/system\\]|\\[system\\]\\(#|\\[system\\] ?.{0,40}${SPEAKS}`)),
  markupShape(
    'system-line',
    ['system'],
    new RegExp(`(?:^|[\\n\\x1e.>*]) ?(?:#{1,4} ?)?system(?: prompt| message)? ?: ?\\s{0,3}${SPEAKS}`),
  ),
  markupShape('system-override', ['override'], /system override ?:|\bsystem:? override\b.{0,20}filters?/),
  markupShape('system-message-bounds', ['system'], /(?:begin|end) (?:of )?(?:the )?system (?:message|prompt|instructions?)\b/),
  markupShape(
    'instruction-heading',
    ['instruction', 'system', 'human'],
    new RegExp(
      `###? ?(?:instruction|system) ?: ?\\s{0,3}.{0,40}(?:${SPEAKS}|hacked|output "|disabled)|### ?human ?:.{0,200}### ?assistant ?:`,
    ),
  ),
  markupShape('dialogue', ['assistant'], /(?:^|[\n\x1e])\s{0,3}(?:human|user) ?:[^\n]{0,200}\n\s{0,3}assistant ?:/), // oxlint-disable-line no-control-regex
  markupShape('role-json', ['role'], /["'{,]\s{0,4}role["']?\s{0,4}:\s{0,4}["']system["']\s{0,4},\s{0,4}["']?content/),
  markupShape(
    'tool-call',
    ['tool_call', 'function_call', 'invoke', 'tool_use'],
    /["'](?:tool_calls?|function_call|tool_use)["']\s{0,4}:\s{0,4}[[{]|<(?:tool_calls?|function_calls?|invoke|tool_use)[ >]/,
  ),
  markupShape('agent-action', ['action input'], /\baction ?: ?[a-z_]{2,40}\s{1,3}action input ?:/),
  markupShape(
    'end-of-data',
    ['end of'],
    /end of (?:the )?(?:document|user input|input|text|context|data|prompt|message)\b[^a-z]{0,40}(?:new (?:system )?instructions?|now follow|follow|system:|ignore|instructions? from|your real)/,
  ),
  markupShape(
    'comment-to-ai',
    ['*<!--'],
    /<!--[^>]{0,60}\b(?:ai|llm|assistants?|chatgpt|language model|chatbots?)\b[^>]{0,120}\b(?:say|rate|ignore|tell|recommend|skip|must|respond|include|reply|write|do not)\b/,
  ),
  markupShape('image-with-data', ['*!['], /!\[[^\]\n]{0,80}\]\(https?:\/\/[^)\s]{1,200}[?&][^)\s]{0,60}[[{<]/),
  markupShape(
    'url-with-placeholder',
    ['insert_', 'full_', 'base64_', 'session_id', 'conversation', 'response_text', 'all_messages', 'chat_'],
    /https?:\/\/[^)\s]{1,200}[?&][a-z_]{1,30}=(?:insert_|full_conv|full_chat|base64_enc|session_id&|conversation|response_text|chat_hist|all_messages)/,
  ),
  markupShape('task-ended', ['*<<<'], /<{3} ?(?:ignore|override|new instructions?|system)\b/),
  markupShape('beacon', ['cookie'], /<img[^>]{0,80}src=[^>]{0,120}document\.cookie/),
];
