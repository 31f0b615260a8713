/** What a request is for: https://www.rfc-editor.org/rfc/rfc9112#name-request-target. */
import type { IncomingMessage } from 'node:http';

const ABSOLUTE = /^https?:\/\/([^/?#]+)(.*)$/is;

/**
 * Brings a whole address, as clients send it that take this server for their proxy, into the form all others have. Servers
 * must take it, and must read its host in place of the header.
 */
export function useOriginForm(request: IncomingMessage): void {
  const [, host, rest = ''] = ABSOLUTE.exec(request.url ?? '') ?? [];
  if (host === undefined) return;
  request.headers.host = host;
  request.url = rest.startsWith('/') ? rest : `/${rest}`;
}

export function readPath({ url = '/' }: Pick<IncomingMessage, 'url'>): string {
  const end = url.search(/[?#]/);
  return end < 0 ? url : url.slice(0, end);
}
