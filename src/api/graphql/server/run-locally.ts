/** Operations of this process itself: the same limits, rights, audit and masking as over HTTP, without a socket. */
import type { Caller } from '../../../core/access/caller.ts';
import type { GetEnveloped } from '../transport/prepare-operation.ts';
import type { Pipeline } from '../transport/prepare-operation.ts';

/** @returns the answer as JSON has it: `data`, `errors`, or both; never rejects for what the operation says */
export type RunLocally = (query: string, variables: object) => Promise<unknown>;

/** Where such operations come from, in the server's own monitoring. */
const ORIGIN = 'LOCAL';

/** Documents need not be trusted ones: nobody outside wrote them. */
export function createRunLocally(getEnveloped: GetEnveloped, caller: Caller): RunLocally {
  return async (query, variables) => {
    const pipeline: Pipeline = getEnveloped({ caller, params: { query, variables }, origin: ORIGIN });
    const { schema, parse, validate, contextFactory, execute } = pipeline;
    const document = parse(query);
    const errors = validate(schema, document);
    if (errors.length > 0) return toJson({ errors });
    const contextValue = await contextFactory();
    return toJson(await execute({ schema, document, variableValues: { ...variables }, contextValue }));
  };
}

/** Times are objects until they are written. */
function toJson(result: unknown): unknown {
  return JSON.parse(JSON.stringify(result));
}
