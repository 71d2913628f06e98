import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { type BuildPlaces, buildDaemon, findGo, isOlder } from '../../../src/machine/daemons/build.ts';
import type { Buildable } from '../../../src/machine/daemons/catalogue.ts';

const netd: Buildable = { name: 'netd', folder: 'netd', module: 'example.invalid/netd', package: '.' };

describe('buildDaemon', () => {
  let top = '';
  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), 'packetwalk-build-'));
  });
  afterEach(() => rmSync(top, { recursive: true }));

  /** A folder of Go: what its go.mod and its only file say. */
  const source = (mod: string, main = 'package main\nfunc main() { println("netd runs") }\n'): string => {
    const folder = join(top, 'netd');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'go.mod'), `module example.invalid/netd\n${mod}`);
    writeFileSync(join(folder, 'main.go'), main);
    return folder;
  };
  const cache = () => join(top, 'cache');
  const build = (folder: string, more: BuildPlaces = {}) => buildDaemon(netd, { folder, cache: cache(), ...more });
  const refusal = async (folder: string, more: BuildPlaces = {}) => {
    const error = await build(folder, more).then(
      () => new Error('it was built'),
      (error: Error) => error,
    );
    return error.message;
  };
  /** What stands where go would: a program that is told the same. */
  const goThat = (script: string): string => {
    const path = join(top, 'go');
    writeFileSync(path, `#!/bin/sh\n[ "$1" = env ] && { echo go1.99.0; exit; }\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  const left = () => (existsSync(cache()) ? readdirSync(cache()) : []);

  const withGo = (title: string, test: () => Promise<void>) =>
    it(title, function () {
      this.timeout(120_000);
      if (findGo()) return test();
      this.test!.title += ' (skipped: there is no Go here)';
      return this.skip();
    });

  withGo('builds a program that runs, and the next time has it already', async () => {
    const folder = source('go 1.20\n');
    const { file, wasThere } = await build(folder);
    expect(wasThere).to.equal(false);
    expect((await execa(file)).stderr).to.equal('netd runs');
    const made = statSync(file).mtimeMs;
    expect(await build(folder)).to.deep.equal({ file, wasThere: true });
    expect(statSync(file).mtimeMs).to.equal(made);
    expect(left()).to.have.length(1);
  });

  withGo('builds anew when go.mod or go.sum is another', async () => {
    const first = await build(source('go 1.20\n'));
    const second = await build(source('go 1.21\n'));
    expect([second.wasThere, first.file === second.file]).to.deep.equal([false, false]);
  });

  withGo('leaves nothing of a build that fails, and says what Go said', async () => {
    const folder = source('go 1.20\n', 'package main\nfunc main() { nosuch() }\n');
    expect(await refusal(folder)).to.match(
      /^netd is not built\. Go says:\n[\s\S]*undefined: nosuch[\s\S]*GOFLAGS=-x packetwalk daemons netd$/,
    );
    expect(left()).to.deep.equal([]);
  });

  withGo('says that a module cannot be had, and where from it was asked', async () => {
    const mod = 'go 1.20\nrequire example.invalid/part v1.0.0\n';
    const folder = source(mod, 'package main\nimport _ "example.invalid/part"\nfunc main() {}\n');
    writeFileSync(
      join(folder, 'go.sum'),
      `example.invalid/part v1.0.0 h1:${'A'.repeat(43)}=\nexample.invalid/part v1.0.0/go.mod h1:${'A'.repeat(43)}=\n`,
    );
    const before = process.env.GOPROXY;
    process.env.GOPROXY = 'off';
    try {
      expect(await refusal(folder)).to.match(
        /^netd is not built: a module cannot be had\.\nmain\.go:2:8: module lookup disabled by GOPROXY=off\n.*go env GOPROXY.*packetwalk daemons netd$/,
      );
    } finally {
      if (before === undefined) delete process.env.GOPROXY;
      else process.env.GOPROXY = before;
    }
    expect(left()).to.deep.equal([]);
  });

  it('has no half of a program when go dies while it writes', async () => {
    const dying = goThat('while [ "$1" != -o ]; do shift; done; printf half > "$2"; kill -9 $$');
    expect(await refusal(source('go 1.20\n'), { go: dying })).to.contain('netd is not built');
    expect(left()).to.deep.equal([]);
  });

  it('says of a checksum that differs whose it is', async () => {
    const text = 'verifying example.invalid/part@v1.0.0: checksum mismatch';
    expect(await refusal(source('go 1.20\n'), { go: goThat(`echo '${text}' >&2; exit 1`) }))
      .to.contain('go clean -modcache')
      .and.to.contain(text);
  });

  it('says what is needed where Go is too old, or is none', async () => {
    expect(await refusal(source('go 9.7.0\n'), { go: goThat('exit 1') })).to.match(
      /^Go 1\.99\.0 is too old: netd needs 9\.7\.0\.\nInstall Go 9\.7\.0 or later/,
    );
    expect(await refusal(source('go 1.20\n'), { go: join(top, 'nowhere') })).to.match(
      /does not say its version: .*\nInstall Go 1\.20 or later/,
    );
  });

  it('says what is needed where there is no Go', async () => {
    expect(await refusal(source('go 1.20\n'), { go: undefined })).to.match(
      /^there is no Go on this machine to build netd with\.\nInstall Go 1\.20 or later .*packetwalk daemons netd$/,
    );
  });

  it('runs go with what is pinned alone, and without cgo', async () => {
    const noting = goThat(
      `echo "$CGO_ENABLED $*" > ${join(top, 'asked')}; while [ "$1" != -o ]; do shift; done; echo '#!/bin/sh' > "$2"`,
    );
    await build(source('go 1.20\n'), { go: noting });
    expect(readFileSync(join(top, 'asked'), 'utf8')).to.match(/^0 build -mod=readonly -trimpath /);
  });
});

describe('isOlder', () => {
  it('compares numbers, not texts', () => {
    expect([
      isOlder('1.9', '1.26.0'),
      isOlder('1.26.8', '1.26'),
      isOlder('1.26', '1.26.0'),
      isOlder('1.27rc1', '1.26.3'),
    ]).to.deep.equal([...[true, false, false, false]]);
  });
});
