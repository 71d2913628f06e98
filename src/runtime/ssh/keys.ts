import { generateKeyPairSync } from 'node:crypto';

/** A pair of Ed25519 keys: the private one as OpenSSH keeps it, the public one as in authorized_keys (sshd(8)). */
export async function keyPair(): Promise<{ private: string; public: string }> {
  const { default: ssh2 } = await import('ssh2');
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'packetwalk' });
    // ssh2 1.17 drops a key's leading zero byte now and then, and cannot read what it wrote.
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}

/**
 * The Ed25519 keys of a host with dropbear, which keeps a key as its type and 64 bytes: the private half and the public half
 * (buf_put_ed25519_priv_key). The public one is in base64, as a client gets to see it.
 */
export function hostKeys(): { private: Buffer; public: string } {
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const halves = [d!, x!].map((half) => Buffer.from(half, 'base64url')) as [Buffer, Buffer];
  const type = sshString(Buffer.from('ssh-ed25519'));
  return {
    private: Buffer.concat([type, sshString(Buffer.concat(halves))]),
    public: Buffer.concat([type, sshString(halves[1])]).toString('base64'),
  };
}

function sshString(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
