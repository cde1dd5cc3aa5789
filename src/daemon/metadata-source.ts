/** Where a repmgrd has its metadata from: its own server, or where it has none, the repmgrds of the others. */
import type { ClusterFacts } from './cluster-facts.ts';

export interface MetadataSource {
  /** As they were read last. */
  readonly facts: ClusterFacts;
  /** Reads now. Never throws. @returns whether the metadata could be read */
  read(): Promise<boolean>;
  close(): Promise<void>;
}
