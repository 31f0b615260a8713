/** How points of one metric are pushed, ready to be copied. */

export interface Snippet {
  readonly title: string;
  readonly text: string;
}

const PUT =
  'mutation Put($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted rejected { reason } } }';
/** The server listens everywhere: the name the page was reached by does. */
const ANY_HOST: ReadonlySet<string> = new Set(['0.0.0.0', '[::]']);

/**
 * Only ways that reach this very metric: Graphite takes no names with blanks, line protocol none without a field.
 * @param options.name as the server has it
 * @param options.origin of the server, such as http://127.0.0.1:4000
 * @param options.graphiteAddress as `serverInfo` says; null where the server takes no Graphite
 * @param options.needsKey whether an API key has to be sent along
 */
export function writeSnippets(options: {
  readonly name: string;
  readonly origin: string;
  readonly graphiteAddress: string | null;
  readonly needsKey: boolean;
}): readonly Snippet[] {
  const { name, origin, graphiteAddress, needsKey } = options;
  const query = PUT.replace('mutation Put(', 'mutation (');
  const point = `{"metric":${JSON.stringify(name)},"value":'"$value"',"timestamp":"'$(date -u +%FT%TZ)'"}`;
  const keyLine = needsKey ? ` \\\n  -H 'authorization: Bearer '"$LAPWING_KEY"` : '';
  const line = writeLine(name);
  return [
    {
      title: 'curl',
      text: `value=42\ncurl ${origin}/graphql -H 'content-type: application/json'${keyLine} \\\n  -d '{"query":${JSON.stringify(query)},"variables":{"points":[${quoteForShell(point)}]}}'`,
    },
    ...(graphiteAddress === null || /\s/.test(name)
      ? []
      : [{ title: 'Graphite', text: writeGraphite(name, graphiteAddress, origin) }]),
    ...(line === null
      ? []
      : [
          {
            title: 'InfluxDB line protocol',
            text: `curl '${origin}/write?precision=s'${keyLine} \\\n  --data-binary ${quoteShellWord(line)}`,
          },
        ]),
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

/** What a Prometheus, or an agent that speaks its remote write, is configured with to send here. */
export function writeRemoteWrite(origin: string, needsKey: boolean): string {
  const lines = ['remote_write:', `  - url: ${origin}/api/v1/write`];
  return [...lines, ...(needsKey ? ['    authorization:', '      credentials: YOUR-KEY'] : [])].join('\n');
}

/** Every bash can speak TCP; the options of nc differ between systems. */
function writeGraphite(name: string, address: string, origin: string): string {
  // A scheme browsers do not know has no host for them.
  const { hostname, port } = new URL(address.replace(/^tcp:/, 'http:'));
  const host = (ANY_HOST.has(hostname) ? new URL(origin).hostname : hostname).replace(/^\[|\]$/g, '');
  return `bash -c 'printf "%s 42 %s\\n" "$0" "$(date +%s)" > /dev/tcp/${host}/${port || '80'}' ${quoteShellWord(name)}`;
}

/** What lies before the last dot of the name is the measurement, what comes after it the field. Null where that cannot be. */
function writeLine(name: string): string | null {
  const [metric = '', ...tags] = name.split(/(?<!\\);/).map((part) => part.replaceAll('\\;', ';'));
  const dot = metric.lastIndexOf('.');
  const [measurement, field] = [metric.slice(0, dot), metric.slice(dot + 1)];
  const pairs = tags.map((tag) => splitOnce(tag, '='));
  const texts = [measurement, field, ...pairs.flat()];
  // A backslash escapes nothing but what has to be escaped; at an end it would escape what follows.
  // curl reads a file for what begins with @, the server a comment for what begins with #.
  if (dot < 1 || /^[#@]/.test(measurement) || texts.some((text) => text === '' || /[\\\r\n]/.test(text))) {
    return null;
  }
  const series = pairs.map(([key, value]) => `,${escapeWord(key)}=${escapeWord(value)}`).join('');
  return `${measurement.replaceAll(/[, ]/g, (sign) => `\\${sign}`)}${series} ${escapeWord(field)}=42`;
}

function splitOnce(text: string, sign: string): readonly [string, string] {
  const at = text.indexOf(sign);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function escapeWord(text: string): string {
  return text.replaceAll(/[,= ]/g, (sign) => `\\${sign}`);
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
