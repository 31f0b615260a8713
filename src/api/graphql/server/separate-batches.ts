/**
 * Several operations as an array in one body, as batching links of clients send them. Each is limited, runs and fails by
 * itself, all at the same time; their answers come together, in the same order, with the status 200.
 */
import type { IncomingMessage } from 'node:http';
import type { Plugin } from 'graphql-yoga';
import { type Caller, countedAs } from '../../../core/access/caller.ts';
import type { ReadAddress } from '../../../core/access/client-address.ts';
import type { CallerGate } from '../limits/callers.ts';
import type { Refuse } from '../limits/error.ts';
import { createRequestError } from '../request-error.ts';
import { readParams } from './check-body.ts';

/** What the plugins read of the context of an operation. */
export interface OfBatch {
  /** Absent where it came alone. */
  readonly batch?: object;
}

interface Batch {
  /** Operations that were counted. */
  counted: number;
}

/** The server made the context: yoga gives each operation one that inherits from that of the request. */
interface Asked {
  readonly caller: Caller;
  readonly req: IncomingMessage;
  readonly batch?: Batch;
}

/** To be listed before all that look at parameters. */
export function separateBatches(options: {
  readonly maxOperations: number;
  readonly refuse: Refuse;
  readonly gate: Pick<CallerGate, 'checkRate'>;
  readonly readAddress: ReadAddress;
}): Plugin {
  const { maxOperations, refuse, gate, readAddress } = options;
  return {
    onRequestParse: ({ serverContext }) => ({
      onRequestParseDone: ({ requestParserResult: operations }) => {
        if (!Array.isArray(operations)) return;
        if (operations.length === 0) {
          throw refuseBatch('a batch of operations: expected at least one, got an empty list');
        }
        if (operations.length > maxOperations) {
          const seen = operations.length;
          throw refuse({ limit: 'operations', place: 'operations of a batch', allowed: maxOperations, seen });
        }
        Object.assign(serverContext, { batch: { counted: 0 } satisfies Batch });
      },
    }),
    onParams({ params, context, setParams }) {
      const { batch, caller, req } = context as unknown as Asked;
      if (batch === undefined) return;
      batch.counted += 1;
      // The first was counted as the request.
      const refusal = batch.counted === 1 ? null : gate.checkRate(countedAs(caller) ?? readAddress(req));
      if (refusal !== null) throw refusal;
      setParams(readParams(params));
    },
    onSubscribe({ args, setResultAndStopExecution }) {
      const { batch }: OfBatch = args.contextValue as object;
      if (batch === undefined) return;
      const message = 'a subscription is a stream of its own: send it alone, not in a batch of operations';
      setResultAndStopExecution({ errors: [refuseBatch(message)] });
    },
  };
}

function refuseBatch(message: string) {
  return createRequestError('BAD_REQUEST', message, { isAlways: true });
}
