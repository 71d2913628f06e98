import type Docker from 'dockerode';
import { CAPABILITIES } from '../capabilities.ts';
import { script } from './told.ts';

/** How much memory a task may have. */
export const MEMORY_BYTES = 2 * 1024 ** 3;

const A_CORE = 1e9;

const LONGEST_NAME = 63;

// The client's types know it no more than engines before API 1.44 do.
const withoutProfile = { AppArmor: { Mode: 'disabled' } } as object as Docker.Privileges;

/** What is to be run as a task, and how its service is known again. */
export interface Order {
  /** The image, as all machines of the swarm know it. */
  image: string;
  words: string[];
  /** What it is, as a person is told. */
  what: string;
  labels: Record<string, string>;
  /** Which run of packetwalk it is of, and its number there. */
  run: string;
  number: number;
  /** Whether each machine is to do it once, and then which ones not, by their ids. */
  everywhere?: boolean;
  without?: string[];
  /** What its tasks find in files that are theirs alone: secrets of the swarm, by the path of each file. */
  secrets?: Record<string, Buffer>;
  /** The port of a task at which others reach it, by one that its machine chooses. */
  port?: number;
  /** Whether the engines know profiles of AppArmor in services (API 1.44), whose usual one forbids every mount. */
  namesProfiles: boolean;
}

/** A secret of the swarm, and the file in which a task finds it. */
export interface Secret {
  id: string;
  name: string;
  path: string;
}

/**
 * A service that does something once, with the least capabilities, a core, and no more memory than it may have. It is no job: of those
 * an engine keeps the containers when the service is removed (moby#44312), and begins tasks that died again without end (moby#42741).
 * What it prints is kept by the engine itself, whichever log driver that has for others.
 */
export const spec = (
  { image, words, what, labels, run, number, everywhere, without = [], port, namesProfiles }: Omit<Order, 'secrets'>,
  secrets: Secret[] = [],
) =>
  ({
    Name: `packetwalk-${run}-${number}-${what.replaceAll(/[^a-zA-Z0-9]+/g, '-')}`
      .slice(0, LONGEST_NAME)
      .replace(/-+$/, ''),
    Labels: labels,
    Mode: everywhere ? { Global: {} } : { Replicated: { Replicas: 1 } },
    TaskTemplate: {
      ContainerSpec: {
        Image: image,
        Command: ['sh', '-c', script, 'packetwalk'],
        Args: words,
        User: '0',
        CapabilityDrop: ['ALL'],
        CapabilityAdd: CAPABILITIES.map((name) => `CAP_${name}`),
        ...(namesProfiles && { Privileges: withoutProfile }),
        // Whatever a task is doing, nobody waits for the end of it once its service is removed.
        StopSignal: 'SIGKILL',
        ...(secrets.length && { Secrets: secrets.map(fileOf) }),
      },
      Resources: {
        // A part of a lab that is put over several machines has them for itself.
        ...(!port && { Limits: { MemoryBytes: MEMORY_BYTES } }),
        ...(!everywhere && { Reservations: { NanoCPUs: A_CORE } }),
      },
      RestartPolicy: { Condition: 'none' },
      Placement: { Constraints: ['node.platform.os == linux', ...without.map((id) => `node.id != ${id}`)] },
      LogDriver: { Name: 'json-file' },
    },
    ...(port && { EndpointSpec: { Ports: [{ Protocol: 'tcp', TargetPort: port, PublishMode: 'host' }] } }),
  }) satisfies Docker.CreateServiceOptions;

const fileOf = ({ id, name, path }: Secret) => ({
  SecretID: id,
  SecretName: name,
  File: { Name: path, UID: '0', GID: '0', Mode: 0o600 },
});
