import ssh2 from 'ssh2';
import type { GuestImage } from '../../../src/runtime/vm/guest.ts';
import type { Booted } from '../../../src/runtime/vm/qemu.ts';

/** A guest that is logged in to: runs a line in its shell, and gives what it said. */
export interface Login extends Disposable {
  run(line: string): Promise<string>;
}

export const logIn = ({ privateKey, hostKey }: GuestImage, { sshPort }: Booted): Promise<Login> =>
  new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    client.on('error', reject).on('ready', () =>
      resolve({
        run: (line) => run(client, line),
        [Symbol.dispose]: () => client.destroy(),
      }),
    );
    const hostVerifier = (key: Buffer) => key.toString('base64') === hostKey;
    client.connect({ host: '127.0.0.1', port: sshPort, username: 'root', privateKey, hostVerifier });
  });

const run = (client: ssh2.Client, line: string) =>
  new Promise<string>((resolve, reject) => {
    client.exec(line, (error, channel) => {
      if (error) return reject(error);
      let said = '';
      const hear = (text: Buffer) => {
        said += text;
      };
      channel.on('data', hear).on('close', () => resolve(said.trim()));
      channel.stderr.on('data', hear);
    });
  });
