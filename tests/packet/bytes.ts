/** The bytes of a hexdump; what follows a `#` is for the reader. */
export const bytes = (dump: string): Buffer => Buffer.from(dump.replace(/#.*$/gm, '').replace(/\s/g, ''), 'hex');
