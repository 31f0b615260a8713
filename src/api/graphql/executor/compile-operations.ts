/** Executes queries by compiled-operation.ts, made once per document and kept as long as that is. */
import type { DocumentNode, GraphQLSchema } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { compileOperation, type Execution } from './compiled-operation.ts';

type Compiled = ReturnType<typeof compileOperation>;

export function compileOperations(schema: GraphQLSchema): Plugin {
  const compiledOf = rememberCompiled(schema);
  return {
    onExecute({ executeFn, setExecuteFn }) {
      // Envelop types it loosely; it takes the arguments of an execution.
      const execute = executeFn as (given: Execution) => unknown;
      setExecuteFn((given: Execution) => {
        const compiled = compiledOf(given.document, given.operationName ?? null);
        return compiled?.(given) ?? execute(given);
      });
    },
  };
}

function rememberCompiled(schema: GraphQLSchema) {
  const known = new WeakMap<DocumentNode, Map<string | null, Compiled>>();
  return (document: DocumentNode, operationName: string | null): Compiled => {
    const ofDocument = known.get(document) ?? new Map<string | null, Compiled>();
    known.set(document, ofDocument);
    const before = ofDocument.get(operationName);
    if (before !== undefined) return before;
    const compiled = compileOperation(schema, document, operationName);
    ofDocument.set(operationName, compiled);
    return compiled;
  };
}
