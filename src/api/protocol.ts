/**
 * How two repmgrds begin to talk: `GET /peer` (or `/wal`) with an upgrade, the receiver's nonce in its answer, then
 * signed lines, each answered by a status of HTTP. docs/internals/peer-protocol.md
 */
import * as v from 'valibot';
import type { NodeId } from '../model/node.ts';
import type { PeerIdentity } from './identity.ts';
import { parseJson } from './json.ts';
import { nodeId, notNegative } from './schema-parts.ts';
import { type Purpose, sign } from './signature.ts';

/** Versions that a program understands: its own, and the one before it. */
export interface ProtocolVersions {
  readonly newest: number;
  readonly oldest: number;
}

/** Raise `newest` with a change that the version before it would misread, and keep understanding that one. */
export const protocolVersions: ProtocolVersions = { newest: 1, oldest: 1 };

/** The name of the upgrade, and the header that brings the nonce. */
export const upgradeName = 'repmgr';
export const nonceHeader = 'repmgr-nonce';

/** Answers to a line, with the meaning that HTTP gives them. */
export const statuses = {
  /** Asked for at any time: a line with anything in it, as a sign of life. */
  signOfLife: 100,
  accepted: 204,
  malformed: 400,
  badSignature: 401,
  unknownNode: 403,
  replayed: 409,
  tooLarge: 413,
  otherCluster: 421,
  nodeTaken: 423,
  otherVersion: 426,
} as const;

export type Status = (typeof statuses)[keyof typeof statuses];

/** The first line on a connection. */
const helloSchema = v.object({
  newest: notNegative,
  oldest: notNegative,
  cluster: v.string(),
  system: v.nullable(v.string()),
  life: v.string(),
  from: nodeId,
  to: nodeId,
});

export type Hello = v.InferOutput<typeof helloSchema>;

/** @param life unlike that of any earlier start of this node's repmgrd */
export function helloOf(identity: PeerIdentity, life: string, to: NodeId, versions: ProtocolVersions): Hello {
  return {
    ...versions,
    cluster: identity.clusterName,
    system: identity.systemIdentifier,
    life,
    from: identity.self,
    to,
  };
}

/** @returns undefined where the text is no hello */
export function readHello(body: string): Hello | undefined {
  const result = v.safeParse(helloSchema, parseJson(body));
  return result.success ? result.output : undefined;
}

export interface HelloRefusal {
  readonly status: Status;
  readonly reason: string;
}

/** Whether a node that says this belongs here; undefined: it does. A system identifier that is not known is no reason. */
export function refuseHello(
  hello: Hello,
  identity: PeerIdentity,
  versions: ProtocolVersions,
): HelloRefusal | undefined {
  if (hello.oldest > versions.newest || hello.newest < versions.oldest) {
    return {
      status: statuses.otherVersion,
      reason: `it speaks the versions ${hello.oldest} to ${hello.newest} of the protocol, this node ${versions.oldest} to ${versions.newest}`,
    };
  }
  if (hello.cluster !== identity.clusterName) {
    return {
      status: statuses.otherCluster,
      reason: `it belongs to cluster "${hello.cluster}", this node to "${identity.clusterName}"`,
    };
  }
  const { systemIdentifier } = identity;
  if (hello.system !== null && systemIdentifier !== null && hello.system !== systemIdentifier) {
    return {
      status: statuses.otherCluster,
      reason: `its cluster has the system identifier ${hello.system}, this one ${systemIdentifier}`,
    };
  }
  if (hello.to !== identity.self) {
    return {
      status: statuses.otherCluster,
      reason: `it looks for node ${hello.to} here, and this is node ${identity.self}`,
    };
  }
  return undefined;
}

/** COUNTER SIGNATURE BODY, as one line. */
export interface SignedLine {
  readonly counter: number;
  readonly signature: string;
  readonly body: string;
}

export function writeLine(
  secret: string,
  purpose: Purpose,
  nonce: string,
  counter: number,
  body: string,
): string {
  return `${counter} ${sign(secret, { purpose, nonce, counter, body })} ${body}\n`;
}

/** @returns undefined where it does not look like a signed line at all */
export function readLine(line: string): SignedLine | undefined {
  const afterCounter = line.indexOf(' ');
  const afterSignature = line.indexOf(' ', afterCounter + 1);
  const counter = line.slice(0, afterCounter);
  if (afterSignature < 0 || !/^\d{1,15}$/.test(counter)) return undefined;
  return {
    counter: Number(counter),
    signature: line.slice(afterCounter + 1, afterSignature),
    body: line.slice(afterSignature + 1),
  };
}
