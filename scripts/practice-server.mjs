// Speaks as much of PostgreSQL's protocol as `repmgr cluster show` needs to run through once at build time, so that V8's
// code cache holds what runs behind a connection too: one primary, which is the only node of its cluster.
// See https://www.postgresql.org/docs/current/protocol-message-formats.html
import { createServer } from 'node:net';

const sslRequest = 80_877_103;
/** Type oids of PostgreSQL. */
const [boolean, integer, text] = [16, 23, 25];

const status = [
  {
    is_in_recovery: [boolean, 'f'],
    is_read_only: [boolean, 'f'],
    is_replay_paused: [boolean, null],
    segment: [text, '000000010000000000000001'],
    checkpoint_timeline: [integer, '1'],
    system_identifier: [text, '1'],
    current_lsn: [text, '0/1000000'],
    received_lsn: [text, null],
    replayed_lsn: [text, null],
    instance: [text, '1 5432'],
  },
  {
    status: [text, 'streaming'],
    received_tli: [integer, '1'],
    conninfo: [text, 'host=127.0.0.1 port=5432 application_name=node1'],
    slot_name: [text, 'repmgr_slot_1'],
    sender_host: [text, '127.0.0.1'],
    sender_port: [integer, '5432'],
  },
  { application_name: [text, 'node2'], state: [text, 'streaming'] },
  {
    slot_type: [text, 'physical'],
    active: [boolean, 't'],
    restart_lsn: [text, '0/1000000'],
    name: [text, 'repmgr_slot_2'],
    isFailover: [boolean, null],
    isSynced: [boolean, 'f'],
    isLost: [boolean, 'f'],
  },
];

function nodeRow(port) {
  return {
    id: [integer, '1'],
    type: [text, 'master'],
    upstream_node_id: [integer, null],
    cluster: [text, 'build'],
    name: [text, 'node1'],
    conninfo: [text, `host=127.0.0.1 port=${port} user=repmgr dbname=repmgr`],
    slot_name: [text, null],
    priority: [integer, '100'],
    active: [boolean, 't'],
  };
}

/** @returns the port, and what closes the server with all its connections */
export async function startPracticeServer() {
  const sockets = new Set();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    converse(socket, () => nodeRow(server.address().port));
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: server.address().port, close };
}

function converse(socket, node) {
  let received = Buffer.alloc(0);
  let isOpen = false;
  socket.on('data', (bytes) => {
    received = Buffer.concat([received, bytes]);
    for (;;) {
      // The first messages have no letter before their length.
      const start = isOpen ? 1 : 0;
      if (received.length < start + 4) return;
      const end = start + received.readInt32BE(start);
      if (received.length < end) return;
      const letter = isOpen ? String.fromCharCode(received[0]) : '';
      const content = received.subarray(start + 4, end);
      received = received.subarray(end);
      if (letter === '' && content.readInt32BE() === sslRequest) {
        socket.write('N');
      } else if (letter === '') {
        isOpen = true;
        const version = message('S', Buffer.from('server_version\x0015.0\0'));
        socket.write(Buffer.concat([message('R', int32(0)), version, ready()]));
      } else if (letter === 'Q') {
        const rows = content.includes('is_in_recovery') ? status : [node()];
        socket.write(Buffer.concat([...rows.flatMap(answer), ready()]));
      }
    }
  });
}

/** What a statement gives that finds one row. */
function answer(row) {
  const columns = Object.entries(row).map(([name, [type]]) =>
    Buffer.concat([
      Buffer.from(`${name}\0`),
      int32(0),
      int16(0),
      int32(type),
      int16(-1),
      int32(-1),
      int16(0),
    ]),
  );
  const values = Object.values(row).map(([, value]) =>
    value === null ? int32(-1) : Buffer.concat([int32(value.length), Buffer.from(value)]),
  );
  return [
    message('T', Buffer.concat([int16(columns.length), ...columns])),
    message('D', Buffer.concat([int16(values.length), ...values])),
    message('C', Buffer.from('SELECT 1\0')),
  ];
}

function ready() {
  return message('Z', Buffer.from('I'));
}

function message(letter, content) {
  return Buffer.concat([Buffer.from(letter), int32(content.length + 4), content]);
}

function int32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int16(value) {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}
