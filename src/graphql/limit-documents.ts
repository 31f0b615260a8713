/** A document that is too large or too deep is refused before it costs anything. */
import { GraphQLError, type DocumentNode, type ParseOptions, type Source } from 'graphql';
import type { Plugin } from 'graphql-yoga';

const MOST_TOKENS = 30_000;

type Parse = (source: string | Source, options?: ParseOptions) => DocumentNode;

export function limitDocuments(): Plugin {
  return {
    onParse({ parseFn, setParseFn }) {
      // Envelop types it loosely; it is graphql's own parse.
      const parse = parseFn as Parse;
      setParseFn((source: string | Source, options?: ParseOptions) =>
        refuseTooDeep(() => parse(source, { ...options, maxTokens: MOST_TOKENS })),
      );
    },
    onValidate({ validateFn, setValidationFn }) {
      const validate: (...args: readonly unknown[]) => unknown = validateFn;
      setValidationFn((...args: readonly unknown[]) => refuseTooDeep(() => validate(...args)));
    },
  };
}

/** Parser and validation recurse: on a document deep enough the stack ends before the tokens do. */
function refuseTooDeep<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new GraphQLError('the document is nested too deeply', {
      extensions: { code: 'GRAPHQL_PARSE_FAILED', http: { status: 400 } },
    });
  }
}
