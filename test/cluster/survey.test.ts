/** Servers that misbehave, played by plain sockets; real ones are asked in test/integration/080 and further. */
import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { surveyNodes } from '../../src/cluster/survey.ts';
import { aNode } from './disagreements/a-cluster.ts';

async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function nodeAt(id: number, port: number) {
  const conninfo = `host=127.0.0.1 port=${port} user=a dbname=a sslmode=disable connect_timeout=1`;
  return aNode(id, { conninfo });
}

/** https://www.postgresql.org/docs/current/protocol-message-formats.html, ErrorResponse */
function errorResponse(sqlState: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${sqlState}\0M${message}\0\0`);
  const length = Buffer.alloc(4);
  length.writeInt32BE(fields.length + 4);
  return Buffer.concat([Buffer.from('E'), length, fields]);
}

test('a silent node is given up after its connect time-out, and keeps nobody waiting', async () => {
  const silent = await listen(() => {});
  const closed = await listen((socket) => socket.destroy());
  const startedAtMs = performance.now();
  const found = await surveyNodes([nodeAt(3, silent), nodeAt(2, closed), nodeAt(1, silent)]);
  expect(performance.now() - startedAtMs).toBeLessThan(1_200);
  expect(found.map(({ node, answer }) => [node.id, answer.kind])).toEqual([
    [1, 'silent'],
    [2, 'unreachable'],
    [3, 'silent'],
  ]);
});

test.each([
  ['57P03', 'starting_up'],
  ['53300', 'too_many_connections'],
  ['28P01', 'password'],
  ['28000', 'authorization'],
  ['3D000', 'database_missing'],
  ['XX000', 'other'],
])('a server that answers %s is refusing: %s', async (sqlState, refusal) => {
  const port = await listen((socket) => socket.once('data', () => socket.end(errorResponse(sqlState, 'no'))));
  const [found] = await surveyNodes([nodeAt(1, port)]);
  expect(found?.answer).toMatchObject({ kind: 'refusing', refusal, reason: 'no' });
});

test('a conninfo that nobody can read makes its node unreachable, not the survey fail', async () => {
  const [found] = await surveyNodes([aNode(1, { conninfo: 'host=a nonsense' })]);
  expect(found?.answer.kind).toBe('unreachable');
});

test('an interrupted survey ends at once', async () => {
  const silent = await listen(() => {});
  const controller = new AbortController();
  const survey = surveyNodes([nodeAt(1, silent)], { signal: controller.signal });
  controller.abort();
  await expect(survey).rejects.toMatchObject({ code: 'interrupted' });
});

test('a witness without PostgreSQL is asked by its repmgrd, and no other row without conninfo is', async () => {
  const witness = (id: number) => aNode(id, { role: 'witness', conninfo: '' });
  const asked: number[] = [];
  const askDaemon = async ({ id }: { readonly id: number }) => {
    asked.push(id);
    return id === 1 ? undefined : 'nobody listens';
  };
  const nodes = [witness(1), witness(2), aNode(3, { conninfo: '' })];
  expect((await surveyNodes(nodes, { askDaemon })).map(({ answer }) => answer)).toEqual([
    { kind: 'witness' },
    { kind: 'unreachable', reason: 'nobody listens' },
    { kind: 'unreachable', reason: 'its row has no conninfo' },
  ]);
  expect(asked).toEqual([1, 2]);
  const [unasked] = await surveyNodes([witness(1)]);
  expect(unasked?.answer).toEqual({ kind: 'unreachable', reason: 'its row has no conninfo' });
});
