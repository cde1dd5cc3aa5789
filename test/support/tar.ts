/** Tar archives for tests, as a base backup sends them. */
import { type Header, pack } from 'tar-stream';

export type TarFile = Partial<Header> & { readonly name: string; readonly content?: Buffer };

export async function tarOf(entries: readonly TarFile[]): Promise<Buffer> {
  const archive = pack();
  for (const { content, ...header } of entries) {
    if (content === undefined) archive.entry(header);
    else archive.entry(header, content);
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
