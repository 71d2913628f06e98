/** What a header's field holds: an address or a name as text, a number, or a flag. */
export type Value = string | number | boolean;

/** A MAC address stated by naming its owner, `node1:flannel.1`; resolved when a walk is judged. */
export interface MacOf<Point extends string = string> {
  macOf: Point;
}

/** A header as it was seen on the wire. */
export interface Header {
  protocol: string;
  fields: Record<string, Value>;
}

/** A header as a lab expects it: a stated field must be equal, an unstated one is free. */
export interface ExpectedHeader<Point extends string = string> {
  protocol: string;
  fields: Record<string, Value | MacOf<Point>>;
}

/** What decoding one header yields: its fields, the number that names the next header, and the bytes it carries. */
export interface Decoded<Fields> {
  fields: Fields;
  next?: number;
  /** The number that names a message if it is an answer: the port that was asked. */
  source?: number;
  payload: Buffer;
  /** The payload is the start of another packet that this one only reports on, as ICMP errors do. */
  quotes?: true;
}

/** Bytes that are not what their header claims: the sentence says what is wrong. */
export interface Malformed {
  malformed: string;
}

/** The fields a lab states; those in `MacField` may name the owner of the address instead. */
export type Stated<Fields, MacField extends keyof Fields, Point extends string> = Partial<Omit<Fields, MacField>> & {
  [Field in MacField]?: Fields[Field] | MacOf<Point>;
};

/** A protocol is its own matcher: `vxlan.decode(bytes)` reads a header, `vxlan({ vni: 1 })` expects one. */
export interface Protocol<Fields extends object = Record<string, Value>, MacField extends keyof Fields = never> {
  <const Point extends string = never>(fields?: Stated<Fields, MacField, Point>): ExpectedHeader<Point>;
  id: string;
  /** Which number in which carrier announces this protocol; `always` where the carrier holds nothing else. */
  carriedBy: Record<string, number[] | 'always'>;
  /** The fields worth a reader's attention when nothing was expected of this header. */
  brief: readonly (keyof Fields & string)[];
  /** Reads one header, inside of a `carrier`; never throws, whatever the bytes. */
  decode(bytes: Buffer, carrier?: string): Decoded<Fields> | Malformed;
  /** What a program says over TCP or UDP: it is answered from the port that was asked, and it stays in the payload. */
  message?: true;
  /** The fields that an answer carries; without it, the same. `carried` is the next header inwards, if that is no message. */
  mirror?(fields: ExpectedHeader['fields'], carried?: ExpectedHeader): ExpectedHeader['fields'];
}

type Definition<Fields extends object> = Pick<
  Protocol<Fields>,
  'carriedBy' | 'brief' | 'decode' | 'message' | 'mirror'
>;

export const protocol = <Fields extends object, MacField extends keyof Fields = never>(
  id: string,
  definition: Definition<Fields>,
): Protocol<Fields, MacField> =>
  Object.assign((fields: object = {}) => ({ protocol: id, fields: { ...fields } }), { id, ...definition });

/** What is wrong with a header of which only the beginning is there. */
export const cut = (bytes: Buffer, needed: number): Malformed => ({
  malformed: `only ${bytes.length} of its ${needed} bytes are there`,
});
