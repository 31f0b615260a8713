/** A subscription over HTTP whose client takes no stream is refused before it begins: nobody would end it. */
import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** What a stream of events may be sent as. */
const STREAMS =
  /(?:^|[\s,])(?:\*\/\*|text\/\*|text\/event-stream|multipart\/\*|multipart\/mixed)(?:$|[\s,;])/i;

/** What the plugin reads of the context: HTTP puts the request there, a socket does not. */
interface Asked {
  readonly request?: { readonly headers: { readonly get: (name: string) => string | null } };
}

export function refuseUnreadStream(): Plugin {
  return {
    onSubscribe({ args, setResultAndStopExecution }) {
      const { request }: Asked = args.contextValue as Asked;
      const accept = request?.headers.get('accept') ?? '';
      if (request === undefined || accept === '' || STREAMS.test(accept)) return;
      const message = 'a subscription is a stream: send accept: text/event-stream, or use a WebSocket';
      const extensions = { code: 'NOT_ACCEPTABLE', http: { status: 406 } };
      setResultAndStopExecution({ errors: [new GraphQLError(message, { extensions })] });
    },
  };
}
