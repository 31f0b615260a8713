/** Server-sent events come whole, however the network cuts what they are made of. */
import { describe, expect, it } from 'vitest';
import { readEvents } from '../../src/web/embed/read-events.ts';
import { fc } from '../helpers/property.ts';

async function readAll(chunks: readonly Uint8Array[]): Promise<{ events: string[]; heard: number }> {
  const events: string[] = [];
  let heard = 0;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  for await (const event of readEvents(body, () => (heard += 1))) events.push(event);
  return { events, heard };
}

describe('the events of a panel', () => {
  it('are the same wherever the bytes are cut', async () => {
    const data = fc.array(fc.json(), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(data, fc.array(fc.nat(400), { maxLength: 12 }), async (sent, cuts) => {
        const text = sent.map((one, at) => `event: next\nid: ${at}\ndata: ${one}\n\n:\n\n`).join('');
        const bytes = new TextEncoder().encode(text);
        const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, at) => bytes.slice(places[at], end));
        expect((await readAll(chunks)).events).toEqual(sent.map((one) => one.trim()));
      }),
    );
  });

  it('are none where only pings come, which are heard', async () => {
    const ping = new TextEncoder().encode(':\n\n');
    expect(await readAll([ping, ping, new TextEncoder().encode('event: complete\ndata:\n\n')])).toEqual({
      events: [],
      heard: 3,
    });
  });
});
