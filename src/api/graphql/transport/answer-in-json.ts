/** A client that takes nothing this server sends gets in JSON what it might have; yoga's own 406 has no body. */
import { GraphQLError, type ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { createRequestError } from '../request-error.ts';
import { hideStatus } from './payload-cache.ts';

const NOT_ACCEPTABLE = 406;
const MESSAGE =
  'accept: expected application/json, application/graphql-response+json, or for subscriptions text/event-stream or multipart/mixed;subscriptionSpec=1.0';

export function answerInJson(): Plugin {
  return {
    onResultProcess: (chosen) => {
      if (chosen.resultProcessor !== undefined) return;
      const errors = listErrors(chosen.result);
      const body = JSON.stringify(hideStatus({ errors }));
      const init = { status: NOT_ACCEPTABLE, headers: { 'content-type': 'application/json; charset=utf-8' } };
      chosen.setResultProcessor((_result, { Response }) => new Response(body, init), 'application/json');
    },
  };
}

/** What is wrong with the request besides, if anything is. */
function listErrors(result: unknown): NonNullable<ExecutionResult['errors']> {
  const refusal = createRequestError('NOT_ACCEPTABLE', MESSAGE, { status: NOT_ACCEPTABLE, isAlways: true });
  if (typeof result !== 'object' || result === null || !('errors' in result)) return [refusal];
  const errors: unknown[] = Array.isArray(result.errors) ? result.errors : [];
  const known = errors.filter((error) => error instanceof GraphQLError);
  return known.length === 0 ? [refusal] : known;
}
