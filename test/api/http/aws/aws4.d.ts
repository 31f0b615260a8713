/** The part of the aws4 signer the tests use; it brings no types of its own. */
declare module 'aws4' {
  interface SignedRequest {
    host: string;
    path: string;
    method: string;
    service: string;
    region: string;
    headers: Record<string, string>;
    body?: string;
    /** Puts the signature into the path's query string. */
    signQuery?: boolean;
  }
  export function sign(
    request: SignedRequest,
    credentials: { accessKeyId: string; secretAccessKey: string },
  ): SignedRequest;
}
