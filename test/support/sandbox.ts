/** A sandbox for one test, or for all tests of a file; nothing of it is left afterwards. */
import { afterAll, onTestFinished } from 'vitest';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';

const ofThisFile = new Set<Sandbox>();
afterAll(async () => {
  await Promise.all([...ofThisFile].map((sandbox) => sandbox.destroy()));
});

/** Called in a test it lives until the test is over; called in beforeAll, until all tests of the file are. */
export async function sandboxForTest(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox(options);
  try {
    onTestFinished(() => sandbox.destroy());
  } catch {
    ofThisFile.add(sandbox);
  }
  return sandbox;
}
