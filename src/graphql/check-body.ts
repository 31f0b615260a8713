/** The body of a POST: JSON only, and UTF-8 only. */
import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';

export function checkBody(): Plugin {
  return {
    onRequestParse({ request, requestParser, setRequestParser, fetchAPI }) {
      if (request.method !== 'POST') return;
      // A page of another site may send forms and plain text without asking, but JSON only with our leave.
      if (!isJson(request.headers.get('content-type'))) {
        throw refuse(415, 'expected the header content-type: application/json');
      }
      if (requestParser === undefined) return;
      setRequestParser(async (original) => {
        const body = decodeUtf8(await original.arrayBuffer());
        return requestParser(
          new fetchAPI.Request(original.url, { method: 'POST', headers: original.headers, body }),
        );
      });
    },
  };
}

function isJson(contentType: string | null): boolean {
  return /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(contentType ?? '');
}

/** Read loosely, bytes that are no text would become U+FFFD and be stored as a name. */
function decodeUtf8(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refuse(400, 'the body is not valid UTF-8');
  }
}

function refuse(status: number, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_REQUEST', http: { status } } });
}
