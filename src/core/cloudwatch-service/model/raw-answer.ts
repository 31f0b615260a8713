/** An answer that is not encoded by the protocol of its request: bytes of a type of their own. */
export class RawAnswer {
  readonly contentType: string;
  readonly body: Buffer;
  constructor(contentType: string, body: Buffer) {
    this.contentType = contentType;
    this.body = body;
  }
}
