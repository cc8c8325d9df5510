import { END, gap, type Shape, stretch, wordShape } from './shape.ts';

/** Portuguese and Spanish, accents folded away. */

const PT_DROP =
  '(?:ignore|ignorem|ignora|desconsidere|desconsidera|esqueca|despreze|descarte|anule|apague|nao (?:siga|obedeca|cumpra)|pare de (?:seguir|obedecer)|deixe de (?:seguir|obedecer))';
const PT_ORDERS = '(?:instrucoes|instrucao|regras|diretrizes|ordens|orientacoes|comandos|prompts?|restricoes|limites|politicas)';
const PT_PRIOR =
  '(?:anteriores|anterior|acima|previas|originais|iniciais|que (?:voce )?(?:recebeu|foram dadas|lhe deram)|do sistema|do desenvolvedor)';
const PT_FREE =
  '(?:sem|nao (?:tem|tivesse|tenha|possui|ha)) (?:quaisquer |qualquer |nenhum |nenhuma |mais )?(?:filtros?|restricoes|restricao|regras|limites|limite|limitacoes|censura|etica)(?! (?:de (?:horario|idade|uso)|em))';
const PT_SHOW =
  '(?:mostre|mostra|revele|revela|exiba|imprima|diga|repita|liste|escreva|traduza|copie|informe|quais sao|qual e|envie)';
const ES_DROP =
  '(?:ignora|ignore|ignorad|olvida|olvide|descarta|descarte|desobedece|no (?:sigas|siga|obedezcas|cumplas)|deja de seguir)';
const ES_ORDERS = '(?:instrucciones|instruccion|reglas|ordenes|directrices|normas|indicaciones|prompts?|restricciones)';
const ES_FREE =
  '(?:sin|no (?:tienes|tuvieras|tienen?|hay)) (?:ningun |ninguna )?(?:filtros?|restricciones|reglas|limites|limite|censura|etica)';

export const portugueseSpanishShapes: readonly Shape[] = [
  wordShape(
    'pt-drop-prior-instructions',
    ['instruc', 'regras', 'diretriz', 'ordens', 'orientac', 'comandos', 'prompt', 'restric', 'limites', 'politicas'],
    `${PT_DROP} ${gap(3)}${PT_ORDERS} ${gap(1)}${PT_PRIOR}${END}|${PT_DROP} (?:todas |todos |quaisquer ){0,2}(?:as |os )?(?:suas|seus|tuas|teus) ${gap(1)}${PT_ORDERS}${END}|${PT_DROP} (?:todas|todos) (?:as|os) (?:instrucoes|regras|diretrizes)${END}|${PT_DROP} as regras anteriores`,
  ),
  wordShape(
    'pt-drop-everything-before',
    ['ignor', 'desconsider', 'esque', 'desprez', 'descart'],
    `${PT_DROP} tudo (?:o )?(?:que )?${gap(4)}(?:antes|acima|aqui|anteriormente|dito|aprendeu)${END}|${PT_DROP} o (?:texto|documento|conteudo|resto do documento)(?: acima| anterior)? e ${gap(1)}(?:escreva|responda|diga|aprove|mostre)|ignore o documento e|ignore o texto acima`,
  ),
  wordShape(
    'pt-role',
    ['voce', 'finj', 'fing', 'aja', 'atue', 'comport', 'responda', 'responder', 'fale'],
    `(?:a partir de agora|de agora em diante) voce (?:e|sera|vai ser|vai agir|age|agira|atua) ${gap(5)}(?:${PT_FREE}|hacker|dan)${END}|voce agora e (?:um |uma |o |a )?(?:dan|hacker|modelo|ia|assistente sem|agente sem)${END}|(?:finja|finge|aja|atue|comporte se|responda|fale) ${gap(6)}${PT_FREE}${END}|(?:aja|atue) como (?:um |uma )?(?:hacker|dan|ia)${END}|(?:responda|responder) (?:\\w{1,12} )?sem (?:filtros?|restricoes|censura|limites)`,
  ),
  wordShape(
    'pt-leak',
    ['prompt', 'instruc', 'mensagem', 'texto', 'regras'],
    `${PT_SHOW} ${gap(5)}(?:(?:o )?(?:seu|teu) prompt|prompt (?:de|do) sistema|prompt inicial|instrucoes (?:internas|ocultas|iniciais|do sistema|originais|secretas|confidenciais)|mensagem (?:de|do) sistema|regras (?:internas|ocultas) que voce)${END}|(?:repita|copie|escreva|mostre|revele) ${gap(5)}(?:texto acima palavra|instrucoes (?:ocultas )?que voce recebeu)`,
  ),
  wordShape(
    'pt-mode',
    ['modo', 'filtros', 'novas'],
    `(?:ative|ativar|entre no|habilite) (?:o )?modo (?:desenvolvedor|administrador|deus|dan|sem) ${stretch(6)}(?:filtros|restricoes|limites|regras)${END}|(?:desligue|desative|remova) (?:os |todos os )?(?:seus )?filtros|novas instrucoes \\. (?:ignore|aprove|diga|responda|mostre|envie|esqueca)`,
  ),
  wordShape(
    'pt-to-ai',
    ['ia', 'assistente', 'modelo', 'conversa', 'ferramenta'],
    `se voce e (?:uma? )?(?:ia|inteligencia artificial|modelo(?: de linguagem)?|assistente|robo|bot) ${gap(4)}(?:responda|diga|ignore|aprove|escreva)|assistente \\. (?:chame|execute|envie|ignore|diga|rode|apague)${END}|(?:envie|mande|poste) (?:o |a )?(?:historico|conversa|senha)${END} ${gap(6)}https?${END}|ferramenta ${gap(4)}sem (?:pedir|avisar)`,
  ),
  wordShape(
    'es-drop-prior-instructions',
    ['ignor', 'olvid', 'descart', 'desobedec', 'no', 'deja'],
    `${ES_DROP} ${gap(3)}${ES_ORDERS} (?:anteriores|previas|de arriba|originales|iniciales|del sistema)${END}|${ES_DROP} (?:todas |todos )?(?:las |los )?(?:tus|sus) ${ES_ORDERS}${END}|${ES_DROP} todo lo (?:anterior|dicho|que)`,
  ),
  wordShape(
    'es-role',
    ['eres', 'actua', 'responde', 'finge', 'comportate'],
    `(?:a partir de ahora|desde ahora|ahora) eres ${gap(5)}(?:${ES_FREE}|hacker|dan)${END}|(?:actua|finge|responde|comportate) ${gap(6)}${ES_FREE}${END}`,
  ),
  wordShape(
    'es-leak',
    ['prompt', 'instrucciones'],
    `(?:muestrame|muestra|revela|revelame|dime|imprime|repite|cual es|cuales son) ${gap(4)}(?:tu prompt|prompt (?:del|de) sistema|instrucciones (?:ocultas|internas|iniciales|del sistema|secretas))${END}`,
  ),
];
