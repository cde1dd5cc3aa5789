/** What is kept of a program's output: its last part, and its lines as they come. */
import { StringDecoder } from 'node:string_decoder';
import type { Readable } from 'node:stream';

/** Reads a stream to its end and keeps its last `maxBytes`, so that a chatty program costs no memory. */
export function keepTail(stream: Readable, maxBytes: number): { text(): string } {
  let chunks: Buffer[] = [];
  let totalBytes = 0;
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    totalBytes += chunk.length;
    if (totalBytes > 2 * maxBytes) {
      chunks = [Buffer.concat(chunks).subarray(-maxBytes)];
      totalBytes = maxBytes;
    }
  });
  stream.on('error', () => undefined);
  return { text: () => Buffer.concat(chunks).subarray(-maxBytes).toString('utf8') };
}

/** Calls `onLine` for each line without its end; carriage returns end lines too (progress displays use them). */
export function splitLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const parts = (rest + decoder.write(chunk)).split(/\r\n|\n|\r/);
    rest = parts.pop() ?? '';
    for (const line of parts) onLine(line);
  });
  stream.on('end', () => {
    rest += decoder.end();
    if (rest !== '') onLine(rest);
  });
}
