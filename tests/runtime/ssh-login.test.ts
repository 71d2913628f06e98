import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';
import { expect } from 'chai';
import ssh2 from 'ssh2';
import { runOn } from '../../src/runtime/machine/machine.ts';
import { keyPair } from '../../src/runtime/ssh/keys.ts';
import { logIn } from '../../src/runtime/ssh/login.ts';

describe('A login by SSH', function () {
  this.timeout(20_000);

  /** An SSH server that answers a command with its own words, or stays silent, behind a wire that can be held. */
  async function host() {
    const hostKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const pem = hostKey.export({ type: 'pkcs1', format: 'pem' });
    const server = new ssh2.Server({ hostKeys: [String(pem)] }, (client) =>
      client
        .on('error', () => {})
        .on('authentication', (asked) => asked.accept())
        .on('session', (accept) =>
          accept().on('exec', (agree, _, { command }) => {
            const channel = agree();
            if (command.endsWith(' stay')) return;
            channel.write(command);
            channel.exit(0);
            channel.end();
          }),
        ),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const ends: Socket[] = [];
    const wire = createServer((near) => {
      const far = dial((server.address() as AddressInfo).port, '127.0.0.1');
      for (const end of [near, far]) end.on('error', () => {});
      near.pipe(far).pipe(near);
      ends.push(near, far);
    }).listen(0, '127.0.0.1');
    await once(wire, 'listening');
    return {
      port: (wire.address() as AddressInfo).port,
      hold: () => ends.forEach((end) => void end.pause()),
      letGo: () => ends.forEach((end) => void end.resume()),
      end() {
        for (const end of ends) end.destroy();
        wire.close();
        server.close();
      },
    };
  }

  it('is kept as long as its host may be silent, which a busy machine may be for longer than a host far away', async () => {
    const its = await host();
    const { private: privateKey } = await keyPair();
    const login = { name: 'it', host: '127.0.0.1', port: its.port, user: 'root', privateKey };
    const [hasty, patient] = await Promise.all([
      logIn({ ...login, silentMs: 500 }),
      logIn({ ...login, silentMs: 60_000 }),
    ]);
    const [one, other] = await Promise.all([hasty.start(['stay']), patient.start(['stay'])]);
    let hasEnded = false;
    void other.ended.then(() => {
      hasEnded = true;
    });
    its.hold();
    expect(await one.ended).to.match(/^the connection was lost: Keepalive timeout/);
    expect(hasEnded).to.equal(false);
    its.letGo();
    expect((await runOn(patient, ['still', 'here'])).output).to.match(/still here$/);
    patient.close();
    its.end();
  });
});
