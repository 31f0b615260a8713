/**
 * One thing at a time is read and sent to a channel, whether a message or what is sent again: of two requests under way the one
 * that was read first might arrive last, and say what is no longer so.
 */
export class ChannelTurns {
  /** When everything so far is done, by channel. */
  readonly #done = new Map<string, Promise<void>>();

  /** Runs `send` after all that came before it for the channel; its failure is the caller's. */
  async run<T>(channelId: string, send: () => Promise<T>): Promise<T> {
    const result = (this.#done.get(channelId) ?? Promise.resolve()).then(send);
    const done = result.then(forget, forget);
    this.#done.set(channelId, done);
    try {
      return await result;
    } finally {
      if (this.#done.get(channelId) === done) this.#done.delete(channelId);
    }
  }
}

function forget(): undefined {
  return undefined;
}
