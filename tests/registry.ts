import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';

/*
 * A container registry on loopback (OCI distribution specification, pull only): a process, so that it can be in the network namespace
 * of the engine that pulls. What it has are files, one a path, each with its media type beside it. It says each request in a line,
 * and of a file that it sends half of, that it waits there.
 */
const server = `
  const { createServer } = require('node:http');
  const { existsSync, readFileSync } = require('node:fs');
  const registry = createServer(({ method, url }, answer) => {
    const file = process.argv[1] + '/' + encodeURIComponent(url);
    console.log(method + ' ' + url);
    if (url === '/v2/') return answer.end('{}');
    if (!existsSync(file)) return answer.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}');
    const bytes = readFileSync(file);
    answer.writeHead(200, {
      'content-type': readFileSync(file + '.type', 'utf8'),
      'content-length': bytes.length,
      'docker-content-digest': url.split('/').at(-1),
    });
    if (method === 'HEAD') return answer.end();
    if (!existsSync(file + '.half')) return answer.end(bytes);
    answer.write(bytes.subarray(0, bytes.length / 2), () => console.log('waits'));
  });
  registry.listen(0, '127.0.0.1', () => console.log('port ' + registry.address().port));
  process.stdin.resume().on('end', () => process.exit());
`;

/** What an image of one layer has: contents, by path, or where a symbolic link leads. */
export type Files = Record<string, Buffer | string | { link: string }>;

export interface Registry extends Disposable {
  host: string;
  /** What was asked of it, so far. */
  asked: string[];
  /** Puts an image there; returns its digest. As an `index` it is one image of several, by platform. */
  put(repository: string, files: Files, how?: { architecture?: string; index?: boolean }): Promise<string>;
  /** Has other bytes stand under a digest. */
  falsify(repository: string, digest: string): void;
  /** Has the layer of what is put next be sent half. */
  sendHalf(): void;
  /** Resolves once half of a layer was sent. */
  waits(): Promise<void>;
}

const digestOf = (bytes: Buffer | string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';

/** What Node calls a processor, in the words of images. */
const architectures: Record<string, string> = { x64: 'amd64', ia32: '386' };
export const ownArchitecture = architectures[process.arch] ?? process.arch;

/** Starts a registry, in the network namespace of a process where one is given. */
export async function startRegistry(pid?: number): Promise<Registry> {
  const folder = mkdtempSync(join(tmpdir(), 'packetwalk-registry-'));
  const enter = pid ? ['nsenter', `--net=/proc/${pid}/ns/net`] : [];
  const [command, ...words] = [...enter, process.execPath, '--eval', server, folder];
  const child = spawn(command!, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const asked: string[] = [];
  const heard: ((line: string) => void)[] = [];
  const hears = (wanted: RegExp) =>
    new Promise<string>((resolve) => heard.push((line) => wanted.test(line) && resolve(line)));
  const waiting = hears(/^waits$/);
  const port = hears(/^port /);
  createInterface(child.stdout).on('line', (line) => {
    asked.push(line);
    for (const each of heard) each(line);
  });
  let half = false;
  const at = (path: string) => join(folder, encodeURIComponent(path));
  const keep = (repository: string, kind: string, type: string, bytes: Buffer | string) => {
    const file = at(`/v2/${repository}/${kind}/${digestOf(bytes)}`);
    writeFileSync(file, bytes);
    writeFileSync(`${file}.type`, type);
    return { file, mediaType: type, digest: digestOf(bytes), size: Buffer.from(bytes).length };
  };
  const descriptor = ({ mediaType, digest, size }: ReturnType<typeof keep>) => ({ mediaType, digest, size });
  return {
    host: `127.0.0.1:${(await port).slice('port '.length)}`,
    asked,
    async put(repository, files, { architecture = ownArchitecture, index = false } = {}) {
      const tar = await layer(files);
      const { stdout: zipped } = await execa('gzip', ['-cn'], { input: tar, encoding: 'buffer' });
      const platform = { architecture, os: 'linux' };
      const config = JSON.stringify({ ...platform, config: {}, rootfs: { type: 'layers', diff_ids: [digestOf(tar)] } });
      const blobs = [
        keep(repository, 'blobs', 'application/vnd.oci.image.config.v1+json', config),
        keep(repository, 'blobs', 'application/vnd.oci.image.layer.v1.tar+gzip', Buffer.from(zipped)),
      ] as const;
      if (half) writeFileSync(`${blobs[1].file}.half`, '');
      half = false;
      const manifest = keep(
        repository,
        'manifests',
        manifestType,
        JSON.stringify({
          ...{ schemaVersion: 2, mediaType: manifestType },
          ...{ config: descriptor(blobs[0]), layers: [descriptor(blobs[1])] },
        }),
      );
      if (!index) return manifest.digest;
      const other = {
        ...descriptor(manifest),
        digest: digestOf('none'),
        platform: { architecture: 'mips', os: 'linux' },
      };
      const manifests = [other, { ...descriptor(manifest), platform }];
      const all = JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests });
      return keep(repository, 'manifests', indexType, all).digest;
    },
    falsify(repository, digest) {
      const file = at(`/v2/${repository}/manifests/${digest}`);
      writeFileSync(file, readFileSync(file, 'utf8').replace('"schemaVersion":2', '"schemaVersion": 2'));
    },
    sendHalf() {
      half = true;
    },
    waits: async () => void (await waiting),
    [Symbol.dispose]() {
      child.stdin.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** An archive of some files, each a program. */
async function layer(files: Files): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'packetwalk-layer-'));
  try {
    for (const [path, contents] of Object.entries(files)) {
      const file = join(folder, path);
      mkdirSync(dirname(file), { recursive: true });
      if (typeof contents === 'object' && 'link' in contents) symlinkSync(contents.link, file);
      else writeFileSync(file, contents, { mode: 0o755 });
    }
    const { stdout } = await execa('tar', ['--owner=0', '--group=0', '-C', folder, '-cf', '-', '.'], {
      encoding: 'buffer',
      maxBuffer: 1 << 30,
    });
    return Buffer.from(stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
