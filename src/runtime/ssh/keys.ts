/** A pair of Ed25519 keys: the private one as OpenSSH keeps it, the public one as in authorized_keys (sshd(8)). */
export async function keyPair(): Promise<{ private: string; public: string }> {
  const { default: ssh2 } = await import('ssh2');
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'packetwalk' });
    // ssh2 1.17 drops a key's leading zero byte now and then, and cannot read what it wrote.
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}
