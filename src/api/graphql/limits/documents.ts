/** A document or an operation beyond a limit is refused before it costs anything. */
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  NoSchemaIntrospectionCustomRule,
  type ParseOptions,
  type Source,
  specifiedRules,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Plugin, YogaServerOptions } from 'graphql-yoga';
import { createOperationCheck, type OperationLimits } from './check.ts';
import { findOperation } from '../executor/find-operation.ts';
import { cutError, MAX_REQUEST_ERRORS } from '../request-error.ts';
import { findConditionalSubscriptions } from './conditional-subscriptions.ts';
import type { Refuse } from './error.ts';
import type { Variables } from './row-estimate.ts';

export interface DocumentLimits extends OperationLimits {
  readonly maxDocumentBytes: number;
  readonly maxTokens: number;
  /** Whether the schema may be asked for; if not, errors suggest no names either. */
  readonly introspection: boolean;
}

/** Parsed, a document takes up to a hundred times its text. */
const CACHED_CHARACTERS = 500_000;
const MAX_CACHED_CHARACTERS = 20_000;

type Parse = (source: string | Source, options?: ParseOptions) => DocumentNode;

export function limitDocuments(schema: GraphQLSchema, limits: DocumentLimits, refuse: Refuse): Plugin {
  const check = createOperationCheck(schema, limits);
  const refuseTooDeep = createDepthGuard(limits, refuse);
  const findErrors = createValidation(limits.introspection);
  return {
    onParse({ context, parseFn, setParseFn }) {
      // Envelop types it loosely; it is graphql's own parse.
      const parse = parseWithin(parseFn as Parse, limits, refuse);
      setParseFn((source: string | Source, options?: ParseOptions) =>
        refuseTooDeep(() => parse(source, options)),
      );
      return ({ result }) => {
        if (!isDocument(result)) return;
        // Yoga says less, and only over HTTP; a document that was parsed before comes by here, too.
        const asked: { readonly operationName?: unknown } = context.params;
        const operation = findOperation(result, readName(asked.operationName));
        if (operation instanceof GraphQLError) throw operation;
      };
    },
    onValidate({ context, params, setResult, setValidationFn }) {
      // Whatever the client wrote: over WebSocket nobody has looked at it yet.
      const asked: { readonly operationName?: unknown; readonly variables?: unknown } = context.params;
      const [name, variables] = [readName(asked.operationName), readVariables(asked.variables)];
      // What this parse gave: envelop leaves it untyped.
      const excess = refuseTooDeep(() => check(params.documentAST as DocumentNode, name, variables));
      if (excess !== null) setResult([refuse(excess)]);
      setValidationFn((ofSchema: GraphQLSchema, document: DocumentNode) =>
        refuseTooDeep(() => findErrors(ofSchema, document)),
      );
    },
  };
}

/** Documents that come again are not parsed again. What could not be parsed is not kept: it may be large. */
export function createDocumentCache(): YogaServerOptions<object, object>['parserAndValidationCache'] {
  return {
    documentCache: new LRUCache<string, DocumentNode>({
      maxSize: CACHED_CHARACTERS,
      maxEntrySize: MAX_CACHED_CHARACTERS,
      sizeCalculation: (_document, text) => Math.max(text.length, 1),
    }),
    errorCache: { get: () => undefined, set: () => undefined },
    // Kept in `createValidation`: yoga's own would also keep what the limits said of one set of variables.
    validationCache: false,
  };
}

function createValidation(introspection: boolean) {
  const rules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  const known = new WeakMap<DocumentNode, readonly GraphQLError[]>();
  return (schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] => {
    const before = known.get(document);
    if (before !== undefined) return before;
    const conditional = findConditionalSubscriptions(document);
    const found =
      conditional.length > 0
        ? conditional
        : validate(schema, document, rules, {
            hideSuggestions: !introspection,
            maxErrors: MAX_REQUEST_ERRORS,
          });
    const errors = found.slice(0, MAX_REQUEST_ERRORS).map(cutError);
    known.set(document, errors);
    return errors;
  };
}

function parseWithin(parse: Parse, { maxDocumentBytes, maxTokens }: DocumentLimits, refuse: Refuse): Parse {
  return (source, options) => {
    const bytes = Buffer.byteLength(typeof source === 'string' ? source : source.body);
    if (bytes > maxDocumentBytes) {
      throw refuse({ limit: 'document_bytes', allowed: maxDocumentBytes, seen: bytes });
    }
    try {
      return parse(source, { ...options, maxTokens });
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      if (!/ that \d+ tokens/.test(error.message)) throw createParseError(error);
      throw refuse({ limit: 'tokens', allowed: maxTokens, seen: `more than ${maxTokens} tokens` });
    }
  };
}

/** Yoga names it itself over HTTP; over WebSocket nobody does. */
function createParseError({ message, source, positions }: GraphQLError): GraphQLError {
  return cutError(
    new GraphQLError(message, {
      source: source ?? null,
      positions: positions ?? null,
      extensions: { code: 'GRAPHQL_PARSE_FAILED', http: { status: 400, spec: true } },
    }),
  );
}

/** Parser and validation recurse: on a document deep enough the stack ends before the tokens do. */
function createDepthGuard({ maxDepth }: DocumentLimits, refuse: Refuse) {
  return <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw refuse({ limit: 'depth', allowed: maxDepth, seen: 'more than can be followed' });
    }
  };
}

function isDocument(result: unknown): result is DocumentNode {
  return typeof result === 'object' && result !== null && 'kind' in result && result.kind === Kind.DOCUMENT;
}

function readName(name: unknown): string | null {
  return typeof name === 'string' ? name : null;
}

function readVariables(variables: unknown): Variables {
  return typeof variables === 'object' && variables !== null ? (variables as Variables) : {};
}
