/** The page of a login that failed: text and two links, nothing that runs. */
import type { ServerResponse } from 'node:http';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function writeLoginProblem(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    'x-frame-options': 'DENY',
  });
  response.end(`<!doctype html>
<html lang="en">
<meta name="viewport" content="width=device-width">
<title>Not signed in · Lapwing</title>
<h1>Not signed in</h1>
<p>${escapeText(message)}</p>
<p><a href="/auth/login">Sign in again</a> · <a href="/">Back to Lapwing</a></p>
</html>
`);
}

/** What the provider says of itself and of a user is in the message. */
function escapeText(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}
