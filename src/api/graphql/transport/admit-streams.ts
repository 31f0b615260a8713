/**
 * A subscription over HTTP is refused before it begins where its client takes no stream of events, nobody would end it
 * then, or where its caller has as many streams as it may: they are counted where they are made, whatever the request
 * said that it takes.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { type Caller, countedAs } from '../../../core/access/caller.ts';
import type { ReadAddress } from '../../../core/access/client-address.ts';
import type { CallerGate } from '../limits/callers.ts';
import { chooseStream } from './accept.ts';
import { createRequestError } from '../request-error.ts';

const NOT_ACCEPTABLE = 406;

/** What the plugin reads of the context: HTTP puts the request and the answer there, a socket does not. */
interface Asked {
  readonly caller: Caller;
  readonly req?: IncomingMessage;
  readonly res?: ServerResponse;
}

export function admitStreams(gate: Pick<CallerGate, 'checkConnection'>, readAddress: ReadAddress): Plugin {
  return {
    onSubscribe({ args, setResultAndStopExecution }) {
      const { caller, req, res } = readAsked(args.contextValue);
      if (req === undefined || res === undefined) return;
      const refusal =
        checkAccepted(req.headers.accept) ?? gate.checkConnection(countedAs(caller) ?? readAddress(req), res);
      if (refusal !== null) setResultAndStopExecution({ errors: [refusal] });
    },
  };
}

/** The server made the context, caller and all: see yoga.ts. */
function readAsked(context: unknown): Asked {
  return context as Asked;
}

function checkAccepted(accept = ''): GraphQLError | null {
  if (chooseStream(accept) !== null) return null;
  return createRequestError(
    'NOT_ACCEPTABLE',
    'a subscription is a stream: send accept: text/event-stream, or multipart/mixed;subscriptionSpec=1.0, or use a WebSocket with graphql-transport-ws',
    { status: NOT_ACCEPTABLE, isAlways: true },
  );
}
