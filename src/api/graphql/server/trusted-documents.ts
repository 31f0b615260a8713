/**
 * Trusted documents: where they are set, only operations somebody has looked at beforehand are run. Clients send the
 * hash of a document in the place of its text, as relay-compiler and graphql-codegen write both down, or Apollo's
 * generate-persisted-query-manifest.
 */
import { readFile } from 'node:fs/promises';
import { GraphQLError, type GraphQLSchema, parse, validate } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { z } from 'zod';
import { type ErrorCode, OperatorError } from '../../../errors.ts';
import { createRequestError } from '../request-error.ts';

/** What clients of persisted queries look for: Apollo Client and urql compare the whole message. */
const NOT_FOUND = 'PersistedQueryNotFound';
const NOT_SUPPORTED = 'PersistedQueryNotSupported';
const NONE_KEPT = 'no trusted documents are kept here (LAPWING_TRUSTED_DOCUMENTS): send the text as query';

/** What a request may name its document by. */
export interface AskedDocument {
  readonly query?: unknown;
  readonly documentId?: unknown;
  /** As Relay's documentation and react-relay-network-modern have it. */
  readonly doc_id?: unknown;
  /** The same where there is no text; beside one a client may number its requests. */
  readonly id?: unknown;
  readonly extensions?: unknown;
}

/** What yoga takes of a body: it refuses others, which the protocol leaves to clients. */
const PARAMETERS: ReadonlySet<string> = new Set(['query', 'operationName', 'variables', 'extensions']);

export interface TrustedDocuments {
  /** Whether nothing else is run. */
  readonly only: boolean;
  /**
   * @returns the text to run: of the document named, or the text given where that may be run
   * @throws GraphQLError for one that is not known, or not trusted
   */
  readonly resolve: (asked: AskedDocument) => string;
}

/** The file cannot be used. */
class TrustedDocumentsError extends OperatorError {
  override readonly name = 'TrustedDocumentsError';
}

/**
 * Reads a JSON object of texts by hash.
 * @param settings.trustedDocuments the file; where there is none, any document may be run, and null is given
 * @param settings.trustedDocumentsOnly whether texts that are not among them are refused
 * @throws TrustedDocumentsError that names the file, and each document this schema does not take
 */
export async function readTrustedDocuments(
  settings: { readonly trustedDocuments?: string | undefined; readonly trustedDocumentsOnly: boolean },
  schema: GraphQLSchema,
): Promise<TrustedDocuments | null> {
  const file = settings.trustedDocuments;
  if (file === undefined || file === '') return null;
  const byHash = await readTexts(file);
  const problems = [...byHash].flatMap(([hash, text]) =>
    findProblems(text, schema).map((problem) => `  ${hash}: ${problem}`),
  );
  if (problems.length > 0) {
    throw new TrustedDocumentsError(
      `LAPWING_TRUSTED_DOCUMENTS=${file}: documents that cannot be run:\n${problems.join('\n')}`,
    );
  }
  return createTrustedDocuments(byHash, settings.trustedDocumentsOnly);
}

export function createTrustedDocuments(byHash: ReadonlyMap<string, string>, only: boolean): TrustedDocuments {
  const texts = new Set(byHash.values());
  return {
    only,
    resolve: (asked) => {
      const id = readDocumentId(asked);
      const { query } = asked;
      if (id !== null) {
        const text = byHash.get(id) ?? byHash.get(id.replace(/^\w+:/, ''));
        if (text !== undefined) return text;
        // A client that finds its document unknown may send the text beside the hash: it counts as any text does.
        if (!hasText(asked)) {
          throw refuse('PERSISTED_QUERY_NOT_FOUND', isOfExtension(asked) ? NOT_FOUND : describe(id));
        }
      }
      if (typeof query !== 'string') throw refuse('BAD_REQUEST', 'expected query or documentId');
      if (only && !texts.has(query))
        throw refuse('DOCUMENT_NOT_TRUSTED', 'only trusted documents are run here');
      return query;
    },
  };
}

/**
 * Where no documents are kept, a hash without its text is answered as clients of persisted queries expect: they send the
 * text from then on.
 * @throws GraphQLError
 */
export function refuseHashAlone(asked: AskedDocument): void {
  if (hasText(asked)) return;
  if (isOfExtension(asked)) throw createRequestError('PERSISTED_QUERY_NOT_SUPPORTED', NOT_SUPPORTED);
  if (readDocumentId(asked) !== null) {
    throw createRequestError('PERSISTED_QUERY_NOT_SUPPORTED', NONE_KEPT);
  }
}

function hasText({ query }: AskedDocument): boolean {
  return query !== undefined && query !== null && query !== '';
}

/**
 * Puts texts in the place of hashes; over WebSocket the protocol does so itself.
 * @param trusted null where no documents are kept
 */
export function resolveDocuments(trusted: TrustedDocuments | null): Plugin {
  return {
    onParams({ params, request, setParams }) {
      if (trusted === null) {
        refuseHashAlone(params);
        // Without a text, another member may be a misspelled one, which yoga names.
        const hasOthers = !Object.keys(params).every((name) => PARAMETERS.has(name));
        if (hasOthers && hasText(params)) setParams(keepKnown(params));
        return;
      }
      const query = trusted.resolve(
        request.method === 'GET' ? { ...params, documentId: readSearch(request.url) } : params,
      );
      setParams(keepKnown({ ...params, query }));
    },
  };
}

function keepKnown(params: object): GraphQLParams {
  return Object.fromEntries(Object.entries(params).filter(([name]) => PARAMETERS.has(name)));
}

/** Yoga reads of an address the parameters it knows alone. */
function readSearch(url: string): string | undefined {
  const documentId = new URL(url, 'http://localhost').searchParams.get('documentId');
  return documentId === null || documentId === '' ? undefined : documentId;
}

function isOfExtension(asked: AskedDocument): boolean {
  return typeof asked.documentId !== 'string' && readExtension(asked) !== null;
}

function readDocumentId(asked: AskedDocument): string | null {
  const { documentId, doc_id: relayId, id } = asked;
  if (typeof documentId === 'string') return documentId;
  const hash = readExtension(asked);
  if (hash !== null) return hash;
  if (typeof relayId === 'string') return relayId;
  return typeof id === 'string' && !hasText(asked) ? id : null;
}

/** The extension of persisted queries: a hash, or an object of one. */
function readExtension({ extensions }: AskedDocument): string | null {
  if (typeof extensions !== 'object' || extensions === null || !('persistedQuery' in extensions)) return null;
  const { persistedQuery } = extensions;
  if (typeof persistedQuery === 'string') return persistedQuery;
  if (typeof persistedQuery !== 'object' || persistedQuery === null) return null;
  return 'sha256Hash' in persistedQuery && typeof persistedQuery.sha256Hash === 'string'
    ? persistedQuery.sha256Hash
    : null;
}

const BY_HASH = z
  .record(z.string(), z.string())
  .transform((texts): ReadonlyMap<string, string> => new Map(Object.entries(texts)));
/** https://www.apollographql.com/docs/graphos/platform/security/persisted-queries#manifest-format */
const MANIFEST = z
  .object({
    format: z.literal('apollo-persisted-query-manifest'),
    version: z.literal(1),
    operations: z.array(z.object({ id: z.string(), body: z.string() })),
  })
  .transform(
    ({ operations }): ReadonlyMap<string, string> => new Map(operations.map(({ id, body }) => [id, body])),
  );

async function readTexts(file: string): Promise<ReadonlyMap<string, string>> {
  const fail = (reason: string, options?: ErrorOptions) =>
    new TrustedDocumentsError(`LAPWING_TRUSTED_DOCUMENTS=${file}: ${reason}`, options);
  let json: unknown;
  try {
    json = JSON.parse((await readFile(file, 'utf8')).replace(/^\uFEFF/, ''));
  } catch (error) {
    throw fail(error instanceof Error ? error.message : String(error), { cause: error });
  }
  const read = z.union([MANIFEST, BY_HASH]).safeParse(json);
  if (read.success) return read.data;
  throw fail('expected a JSON object of documents by hash, or a manifest of Apollo');
}

function findProblems(text: string, schema: GraphQLSchema): readonly string[] {
  try {
    return validate(schema, parse(text)).map(({ message }) => message);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function describe(id: string): string {
  return `no trusted document has the hash ${JSON.stringify(id.slice(0, 200))}`;
}

function refuse(code: ErrorCode, message: string): GraphQLError {
  return createRequestError(code, message, { isAlways: true });
}
