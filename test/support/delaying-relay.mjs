/**
 * Passes connections on as if the other end were far away: what either side sends arrives so much later.
 * Usage: node delaying-relay.mjs DELAY_MS OWN_ADDRESS LISTEN_ADDRESS TARGET_ADDRESS PORT...; it prints a line when it listens
 */
import { connect, createServer } from 'node:net';

const [delay, ownAddress, listenAddress, targetAddress, ...ports] = process.argv.slice(2);
const delayMs = Number(delay);

const listening = ports.map(
  (port) =>
    new Promise((resolve) => {
      createServer({ allowHalfOpen: true }, (client) => relay(client, Number(port))).listen(
        { host: listenAddress, port: Number(port) },
        resolve,
      );
    }),
);
await Promise.all(listening);
process.stdout.write('listens\n');

/** The client was answered at once, so what it says first is held back for the way there and back of its greeting. */
function relay(client, port) {
  client.pause();
  setTimeout(() => {
    const target = connect({ host: targetAddress, port, localAddress: ownAddress, allowHalfOpen: true });
    passOn(client, target);
    passOn(target, client);
  }, 2 * delayMs);
}

function passOn(from, to) {
  const later = (act) => setTimeout(() => !to.destroyed && act(), delayMs);
  from.on('data', (chunk) => later(() => to.write(chunk)));
  from.on('end', () => later(() => to.end()));
  from.on('error', () => undefined);
  from.on('close', () => later(() => to.destroy()));
  from.resume();
}
