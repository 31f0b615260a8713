/** Says in `extensions.cost` of an answer what the operation may cost, to a client that asks for it by `extensions`. */
import type { DocumentNode, GraphQLSchema } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { createCostMeasure } from './check.ts';
import type { Variables } from './row-estimate.ts';

/** In the extensions of an answer. */
interface ReportedCost {
  /** Objects the answer may hold, as docs/limits.md counts them. */
  readonly requested: number;
  /** LAPWING_MAX_COST. */
  readonly allowed: number;
}

/** Envelop types it loosely. */
interface Asked {
  readonly document: DocumentNode;
  readonly operationName?: string | null;
  readonly variableValues?: Variables | null;
}

/**
 * A request with `extensions: { cost: true }` gets its cost, over HTTP and WebSocket alike. Of queries and mutations: the
 * events of a subscription are shared by all who have subscribed to the same.
 */
export function reportCost(schema: GraphQLSchema, allowed: number): Plugin {
  const measure = createCostMeasure(schema);
  return {
    onExecute: ({ args, context }) => {
      // Whatever the client wrote.
      const { extensions }: { readonly extensions?: unknown } = context.params;
      if (!isAsked(extensions)) return undefined;
      const asked: Asked = args;
      const requested = measure(asked.document, asked.operationName ?? null, asked.variableValues ?? {});
      if (requested === null) return undefined;
      const cost: ReportedCost = { requested: Math.ceil(requested), allowed };
      return {
        onExecuteDone: ({ result, setResult }) => {
          if (Symbol.asyncIterator in result) return;
          setResult({ ...result, extensions: { ...result.extensions, cost } });
        },
      };
    },
  };
}

function isAsked(extensions: unknown): boolean {
  return (
    typeof extensions === 'object' && extensions !== null && 'cost' in extensions && extensions.cost === true
  );
}
