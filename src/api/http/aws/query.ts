/** AWS Query: forms in, XML out: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
import { isUtf8 } from 'node:buffer';
import { CloudwatchError } from '../../../core/cloudwatch-service/model/cloudwatch-error.ts';
import { parseUtcTime } from '../../../platform/runtime/utc-time.ts';
import { nameFault, type AwsProtocol, type AwsRequest } from './protocol.ts';
import { readTime, readTree, type Dialect } from './tree.ts';
import { writeElement, writeShape } from './xml.ts';

const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
const WORDS: ReadonlyMap<string, number> = new Map([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);
/** Deeper than any shape; a longer name is nobody's parameter. */
const MAX_DEPTH = 16;
const MAX_PARAMETERS = 100_000;

/** A form folded by the dots of its names: a text, or what stands under each name. */
type FormNode = string | FormBranch;
interface FormBranch {
  [name: string]: FormNode;
}

const QUERY_DIALECT: Dialect = {
  readDouble: (raw) => readNumber(raw),
  readInteger(raw) {
    const number = readNumber(raw);
    return number !== null && Number.isInteger(number) ? number : null;
  },
  readBoolean,
  readTimestamp: (raw) => (typeof raw === 'string' ? readTime(parseUtcTime(expandTime(raw))) : null),
  readList: readMembers,
  readStructure: readBranch,
};

function readNumber(raw: unknown): number | null {
  if (typeof raw !== 'string') return null;
  return WORDS.get(raw) ?? (DECIMAL.test(raw) ? Number(raw) : null);
}

/** boto 2 writes True and False, as Python does. */
function readBoolean(raw: unknown): boolean | null {
  if (raw === 'true' || raw === 'True') return true;
  return raw === 'false' || raw === 'False' ? false : null;
}

/** The compact form of ISO 8601 as the other one. */
function expandTime(text: string): string {
  return text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)/, '$1-$2-$3T$4:$5:$6');
}

/** `X.member.N`, in the order of N; an empty list is sent as `X=`. */
function readMembers(raw: unknown): readonly unknown[] | null {
  if (raw === '') return [];
  const branch = readBranch(raw);
  return branch === null ? null : listNumbered(readBranch(branch.member) ?? branch);
}

/** What stands under the numbers 1, 2, …; other names are left out. */
function listNumbered(branch: Readonly<Record<string, unknown>>): readonly unknown[] {
  return Object.keys(branch)
    .filter((name) => /^\d{1,9}$/.test(name))
    .sort((a, b) => Number(a) - Number(b))
    .map((name) => branch[name]);
}

/** An empty text is an empty structure. */
function readBranch(raw: unknown): Readonly<Record<string, unknown>> | null {
  if (raw === '') return {};
  return typeof raw === 'object' && raw !== null ? (raw as Readonly<Record<string, unknown>>) : null; // just checked
}

/** Parameters of the URL and of the body, folded. */
function readForm(request: AwsRequest, body: Buffer): FormBranch {
  const root = createBranch();
  if (!isUtf8(body)) throw new CloudwatchError('MalformedInput', 'The parameters are not encoded as UTF-8.');
  const texts = [request.queryString, body.toString('utf8')];
  // Counted first: URLSearchParams makes all of them at once.
  if (texts.reduce((sum, text) => sum + countParameters(text, MAX_PARAMETERS), 0) > MAX_PARAMETERS) {
    throw new CloudwatchError('MalformedInput', `There may be at most ${MAX_PARAMETERS} parameters.`);
  }
  for (const text of texts) {
    let replaced = 0;
    for (const [name, value] of new URLSearchParams(text)) {
      addParameter(root, name.split('.', MAX_DEPTH + 1), value);
      replaced += countReplacements(name) + countReplacements(value);
    }
    if (replaced > countReplacements(text.replaceAll(/%EF%BF%BD/gi, REPLACEMENT))) {
      throw new CloudwatchError('MalformedInput', 'The parameters are not encoded as UTF-8.');
    }
  }
  return root;
}

/** What bytes that are no text are decoded to, and would be stored as a name. */
const REPLACEMENT = '\ufffd';

function countReplacements(text: string): number {
  return text.includes(REPLACEMENT) ? text.split(REPLACEMENT).length - 1 : 0;
}

/** Stops soon after it has seen more than `max`. */
function countParameters(text: string, max: number): number {
  let count = text === '' ? 0 : 1;
  for (let at = text.indexOf('&'); at >= 0 && count <= max; at = text.indexOf('&', at + 1)) count += 1;
  return count;
}

/** Without a prototype: a parameter called __proto__ is a parameter like any other. */
function createBranch(): FormBranch {
  return Object.create(null) as FormBranch; // an object without members fits
}

function addParameter(root: FormBranch, names: readonly string[], value: string): void {
  if (names.length > MAX_DEPTH)
    throw new CloudwatchError('MalformedInput', `A parameter is nested too deeply.`);
  let branch = root;
  for (const name of names.slice(0, -1)) {
    const next = branch[name];
    if (typeof next === 'object') branch = next;
    else branch = branch[name] = createBranch();
  }
  branch[names.at(-1) ?? ''] = value;
}

/** AWS Query with the namespace a service's answers have. */
function createQueryProtocol(namespace: string): AwsProtocol {
  return {
    decode(request, body) {
      const form = readForm(request, body);
      const operation = typeof form.Action === 'string' ? form.Action : form.Operation;
      return {
        operation: typeof operation === 'string' ? operation : '',
        read: (input) => readTree(input, form, QUERY_DIALECT),
      };
    },
    encode(operation, output, value, requestId) {
      // Also where there is nothing in it: some clients read answers by this element.
      const result = writeShape(`${operation}Result`, output, value ?? {});
      const metadata = writeElement('ResponseMetadata', writeElement('RequestId', requestId, 'text'));
      const body = `<${operation}Response xmlns="${namespace}">${result}${metadata}</${operation}Response>`;
      return answer(200, body, requestId);
    },
    encodeError(error, requestId) {
      const parts = [
        writeElement('Type', nameFault(error), 'text'),
        writeElement('Code', error.wireCode, 'text'),
        writeElement('Message', error.message, 'text'),
      ];
      const body = `${writeElement('Error', parts.join(''))}${writeElement('RequestId', requestId, 'text')}`;
      return answer(error.status, `<ErrorResponse xmlns="${namespace}">${body}</ErrorResponse>`, requestId);
    },
  };
}

export const queryProtocol = createQueryProtocol('http://monitoring.amazonaws.com/doc/2010-08-01/');
export const stsProtocol = createQueryProtocol('https://sts.amazonaws.com/doc/2011-06-15/');

const STS_VERSION = /(?:^|&)Version=2011-06-15(?:&|$)/;

/** By the version, as isEc2Request. */
export function isStsRequest(request: AwsRequest): boolean {
  return STS_VERSION.test(request.queryString) || STS_VERSION.test(request.body.toString('latin1'));
}

function answer(status: number, body: string, requestId: string) {
  return { status, headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId }, body };
}
