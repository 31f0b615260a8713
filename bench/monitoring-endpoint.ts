/** A process that takes InfluxDB's writes and counts their lines, so that its work is not on the measured one's account. */
import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';

let lines = 0;
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    lines += text.toString().split('\n').length;
    response.writeHead(204).end();
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});
process.on('message', () => process.send?.({ lines }));
process.on('disconnect', () => process.exit());
