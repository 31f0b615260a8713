/** What a request is for: https://www.rfc-editor.org/rfc/rfc9112#name-request-target. */
import type { IncomingMessage } from 'node:http';

const ABSOLUTE = /^https?:\/\/([^/?#]+)(.*)$/is;

/**
 * Brings a whole address, as clients send it that take this server for their proxy, into the form all others have. Servers
 * must take it, and must read its host in place of the header. Of several slashes in front one is left: they come of a base address
 * with a slash at its end, in clients and in nginx's proxy_pass, and would be read as a host.
 */
export function useOriginForm(request: IncomingMessage): void {
  const { url = '/' } = request;
  const [, host, rest = ''] = ABSOLUTE.exec(url) ?? [];
  if (host !== undefined) request.headers.host = host;
  const target = host === undefined ? url : rest.replace(/^(?!\/)/, '/');
  request.url = target.replace(/^\/{2,}/, '/');
}

export function readPath({ url = '/' }: Pick<IncomingMessage, 'url'>): string {
  const end = url.search(/[?#]/);
  return end < 0 ? url : url.slice(0, end);
}
