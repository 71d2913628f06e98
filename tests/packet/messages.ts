import type { Random } from './random.ts';

const u16 = (value: number) => Buffer.from([value >> 8, value & 0xff]);

const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

/** The header of a GRE packet without its protocol type's number, which is that of the payload. */
export const greHeader = (random: Random, type: number): Buffer => {
  const options: [flag: number, field: Buffer][] = [
    [0x8000, Buffer.concat([random.bytes(2), u16(0)])],
    [0x2000, random.bytes(4)],
    [0x1000, random.bytes(4)],
  ];
  const chosen = options.filter(() => random.below(2) === 0);
  const flags = chosen.reduce((sum, [flag]) => sum + flag, 0);
  return Buffer.concat([u16(flags), u16(type), ...chosen.map(([, field]) => field)]);
};

export const vrrp = (random: Random): Buffer => {
  const count = random.below(4);
  const version = random.one(2, 3);
  const interval = version === 2 ? [0, random.below(256)] : [random.below(16), random.below(256)];
  return Buffer.concat([
    Buffer.from([version * 16 + 1, random.below(256), random.below(256), count, ...interval, 0, 0]),
    ...times(count, () => Buffer.from([192, 168, ...random.bytes(2)])),
    Buffer.alloc(version === 2 ? 8 : 0),
  ]);
};

const bgpMessage = (type: number, ...parts: Buffer[]) => {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.alloc(16, 0xff), u16(19 + content.length), Buffer.from([type]), content]);
};

const open = (random: Random) => {
  const options = random.one(Buffer.alloc(0), Buffer.from('0206010400010001', 'hex'));
  const fixed = Buffer.concat([Buffer.from([4]), random.bytes(2), random.bytes(2), random.bytes(4)]);
  return bgpMessage(1, fixed, Buffer.from([options.length]), options);
};

const update = (random: Random) => {
  const attributes = Buffer.from('40010100 400200 400304c0a8cd03'.replaceAll(' ', ''), 'hex');
  const prefixes = times(random.below(3), () => Buffer.from([24, 10, 42, random.below(256)]));
  return bgpMessage(2, u16(0), u16(attributes.length), attributes, ...prefixes);
};

/** The messages of one BGP segment. */
export const bgp = (random: Random): Buffer =>
  Buffer.concat(
    times(1 + random.below(3), () => {
      const compose = random.one(
        () => open(random),
        () => update(random),
        () => bgpMessage(3, Buffer.from([1 + random.below(7), random.below(12)]), Buffer.alloc(random.below(3))),
        () => bgpMessage(4),
        () => bgpMessage(5, Buffer.from('00010001', 'hex')),
      );
      return compose();
    }),
  );

const labels = ['web', 'default', 'svc', 'cluster', 'local', 'a', '_http', 'x-1', 'l'.repeat(63)];

const name = (random: Random) =>
  Buffer.concat([
    ...times(random.below(4), () => random.one(...labels)).map((label) =>
      Buffer.from(`${String.fromCharCode(label.length)}${label}`, 'latin1'),
    ),
    Buffer.alloc(1),
  ]);

const IN = Buffer.from([0, 1]);

const record = (random: Random, question: boolean) => {
  const owner = question ? random.one(Buffer.from([0xc0, 12]), Buffer.from([1, 0x61, 0xc0, 12])) : name(random);
  const [type, data] = random.one<[number, Buffer]>(
    [1, Buffer.from([10, ...random.bytes(3)])],
    [1, Buffer.from([10, ...random.bytes(3)])],
    [5, name(random)],
    [28, random.bytes(16)],
    [33, Buffer.concat([Buffer.from('000000010050', 'hex'), name(random)])],
  );
  return Buffer.concat([owner, u16(type), IN, random.bytes(4), u16(data.length), data]);
};

/** A DNS message with one question or none; only its answers have A records. */
export const dns = (random: Random): Buffer => {
  const asks = random.below(8) > 0;
  const isResponse = random.below(2) === 0;
  const answers = isResponse ? random.below(4) : 0;
  const opt = random.one('', '', '0000290fa0000000000000');
  const flags = (isResponse ? 0x8000 + random.below(6) : 0) + (random.one(0, 0, 0, 1, 2, 4) << 11);
  return Buffer.concat([
    ...[random.bytes(2), u16(flags + 0x0100), u16(asks ? 1 : 0), u16(answers), u16(0), u16(opt ? 1 : 0)],
    ...(asks ? [name(random), u16(random.one(1, 2, 5, 6, 12, 15, 16, 28, 33, 255, 65)), IN] : []),
    ...times(answers, () => record(random, asks)),
    Buffer.from(opt, 'hex'),
  ]);
};
