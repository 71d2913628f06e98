import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import { isLoopback, isUnspecified, type Listening } from '../live/index.ts';
import { portOf } from '../plan/sending.ts';
import { BadUsage, fromHere } from '../plan/usage.ts';

export interface ListenOptions {
  port?: string;
  /** The address to listen on, where it is not this machine's alone. */
  listen?: string;
  cert?: string;
  key?: string;
  /** Whether a page may be served to other machines without TLS. */
  insecure?: boolean;
}

/** Where the page is to be served: to this machine alone, unless it is said otherwise, and then not in clear. */
export function listeningOf({ port, listen = '127.0.0.1', cert, key, insecure }: ListenOptions): Listening {
  if (!isIP(listen)) throw new BadUsage(`--listen is an IP address of this machine, not ${listen}`);
  if (isUnspecified(listen))
    throw new BadUsage(
      `--listen ${listen} would be every address at once: name the one that others shall use.`,
      'Those of this machine: ip -br addr',
    );
  if ((cert === undefined) !== (key === undefined)) throw new BadUsage('--cert and --key go together');
  if (!isLoopback(listen) && !cert && !insecure)
    throw new BadUsage(
      `Whoever can read along between here and ${listen} would have a shell on the nodes.`,
      'Name a certificate and its key: --cert cert.pem --key key.pem',
      'Or use an SSH tunnel to a page of this machine alone; or say that it may be so: --insecure',
    );
  return {
    address: listen,
    port: port === undefined ? 0 : portOf(port),
    ...(cert && key && { tls: tlsOf(cert, key) }),
  };
}

function tlsOf(certFile: string, keyFile: string): { cert: Buffer; key: Buffer } {
  const [cert, key] = [readable('--cert', certFile), readable('--key', keyFile)];
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw new BadUsage(
      `--cert ${certFile} and --key ${keyFile} are no certificate and its key: ${(error as Error).message}`,
    );
  }
  return { cert, key };
}

function readable(option: string, file: string): Buffer {
  try {
    return readFileSync(fromHere(file));
  } catch (error) {
    throw new BadUsage(`${option}: ${fromHere(file)} cannot be read: ${(error as Error).message}`);
  }
}
