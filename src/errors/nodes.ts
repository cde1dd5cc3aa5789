/** Errors about the cluster: its metadata, its nodes, and what they are to each other. */
import type { CatalogueEntry } from './entry.ts';

export const nodeErrors = {
  primary_not_found: { exit: 'badConfiguration', about: 'no reachable node is a primary' },
  several_primaries: { exit: 'badConfiguration', about: 'more than one reachable node is writable' },
  schema_missing: { exit: 'badConfiguration', about: 'the metadata schema does not exist yet' },
  schema_unknown: {
    exit: 'badConfiguration',
    about: 'the metadata schema is of a version that is not known',
  },
  node_id_taken: { exit: 'badConfiguration', about: 'another node has this id' },
  node_name_taken: { exit: 'badConfiguration', about: 'another node has this name' },
  node_list_unreadable: {
    exit: 'badConfiguration',
    about: 'the rows of the nodes cannot be read: schema missing, no permission, other cluster name',
  },
  node_not_registered: { exit: 'badConfiguration', about: 'no row of this node exists in the metadata' },
  node_has_followers: {
    exit: 'badConfiguration',
    about: 'other nodes are registered with this one as upstream',
  },
  node_role_unsuitable: {
    exit: 'badConfiguration',
    about: 'the node has another role than the command is for, or is still in use',
  },
  other_primary_registered: {
    exit: 'badConfiguration',
    about: 'another node is registered as the active primary',
  },
  upstream_unusable: { exit: 'badConfiguration', about: 'the upstream node cannot be one for this node' },
  server_version_differs: {
    exit: 'badConfiguration',
    about: 'two servers have different major versions of PostgreSQL',
  },
  system_identifier_differs: {
    exit: 'badConfiguration',
    about: 'two servers, or a server and its metadata, do not belong to the same cluster',
  },
  registration_not_synchronized: {
    exit: 'registrationNotSynchronized',
    about: 'the row of a registered standby did not reach the standby in time',
  },
  upstream_not_registered: {
    exit: 'badConfiguration',
    about: 'the upstream node has no row in the metadata',
  },
  other_primary_running: {
    exit: 'badConfiguration',
    about: 'another primary runs, or may run, so this standby must not be promoted',
  },
  failover_not_paused: {
    exit: 'badConfiguration',
    about:
      'metadata that were lost are to be made anew while repmgrd leads the cluster, and failover is not paused',
  },
  not_elected: {
    exit: 'badConfiguration',
    about: 'the repmgrds did not elect the node that an operator wants to be the primary',
  },
  other_server_registered: {
    exit: 'badConfiguration',
    about: 'the server of repmgr.conf is not the one that is registered under its node id',
  },
  promotion_unfinished: {
    exit: 'failoverFailed',
    about: 'a standby that was told to promote is not writable in time',
  },
  siblings_unreachable: {
    exit: 'badConfiguration',
    about: 'repmgr cannot be run on the hosts of nodes that are to follow a new primary',
  },
  siblings_too_many: {
    exit: 'badConfiguration',
    about: 'a standby has too few WAL senders or slots for the nodes that are to follow it',
  },
  siblings_not_following: {
    exit: 'switchoverIncomplete',
    about: 'a standby was promoted, but not all other nodes follow it',
  },
  metadata_not_updated: {
    exit: 'queryFailed',
    about: 'the servers have changed, but the metadata could not be brought up to date',
  },
  timeline_diverged: {
    exit: 'badConfiguration',
    about: 'the local server has WAL that the node to follow does not have',
  },
  replication_refused: {
    exit: 'badConfiguration',
    about: 'the node to follow does not let this node replicate from it',
  },
  streaming_not_started: {
    exit: 'followFailed',
    about: 'a standby does not stream in time from the node that it was told to follow',
  },
  witness_unsuitable: {
    exit: 'badConfiguration',
    about: 'the server of a witness is the primary itself, a standby, or not the one that conninfo leads to',
  },
  port_in_use: {
    exit: 'badConfiguration',
    about: 'the port of a server that is to be made is used by another program',
  },
} as const satisfies Record<string, CatalogueEntry>;
