/** Where a repmgrd has its metadata from: its own server, or where it has none, the repmgrds of the others. */
import type { ClusterSecrets } from '../model/cluster-secrets.ts';
import type { ClusterFacts } from './cluster-facts.ts';

export interface MetadataSource {
  /** As they were read last. */
  readonly facts: ClusterFacts;
  /** What another way told of the secret; it is taken where it is newer. */
  noteSecrets(secrets: ClusterSecrets): void;
  /** Reads now. Never throws. @returns whether the metadata could be read */
  read(): Promise<boolean>;
  close(): Promise<void>;
}
