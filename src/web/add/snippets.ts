/** How points of one metric are pushed, ready to be copied. */

export interface Snippet {
  readonly title: string;
  readonly text: string;
}

const PUT =
  'mutation Put($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted rejected { reason } } }';

/**
 * @param options.origin of the server, such as http://127.0.0.1:4000
 * @param options.needsKey whether an API key has to be sent along
 */
export function writeSnippets(options: {
  readonly name: string;
  readonly origin: string;
  readonly needsKey: boolean;
}): readonly Snippet[] {
  const { name, origin, needsKey } = options;
  const host = new URL(origin).hostname;
  const query = PUT.replace('mutation Put(', 'mutation (');
  const point = `{"metric":${JSON.stringify(name)},"value":'"$value"',"timestamp":"'$(date -u +%FT%TZ)'"}`;
  const keyLine = needsKey ? ` \\\n  -H 'authorization: Bearer '"$LAPWING_KEY"` : '';
  return [
    {
      title: 'curl',
      text: `value=42\ncurl ${origin}/graphql -H 'content-type: application/json'${keyLine} \\\n  -d '{"query":${JSON.stringify(query)},"variables":{"points":[${quoteForShell(point)}]}}'`,
    },
    {
      title: 'Graphite',
      text: `echo ${quoteShellWord(`${name.replaceAll(/\s/g, '_')} 42`)} "$(date +%s)" | nc -q1 ${host} 2003`,
    },
    {
      title: 'InfluxDB line protocol',
      text: `curl '${origin}/write?precision=s'${keyLine} \\\n  --data-binary ${quoteShellWord(`${escapeLine(name)} value=42`)}`,
    },
    {
      title: 'JavaScript',
      text: [
        `await fetch('${origin}/graphql', {`,
        `  method: 'POST',`,
        needsKey
          ? `  headers: { 'content-type': 'application/json', authorization: 'Bearer YOUR-KEY' },`
          : `  headers: { 'content-type': 'application/json' },`,
        '  body: JSON.stringify({',
        `    query: ${JSON.stringify(PUT)},`,
        `    variables: { points: [{ metric: ${JSON.stringify(name)}, value: 42, timestamp: new Date().toISOString() }] },`,
        '  }),',
        '});',
      ].join('\n'),
    },
  ];
}

/** Within single quotes of the shell; the two places where the quotes are left on purpose stay. */
function quoteForShell(text: string): string {
  return text
    .split(/('"\$value"'|'\$\(date -u \+%FT%TZ\)')/)
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll("'", `'\\''`)))
    .join('');
}

function quoteShellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function escapeLine(name: string): string {
  return name.replaceAll(/[,\s]/g, (sign) => `\\${sign}`);
}
