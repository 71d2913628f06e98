export interface Engine {
  /** The process that all of it came from. */
  pid: number;
  /** As in the variable DOCKER_HOST. */
  host: string;
  socketPath: string;
  ended: Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

export function whyNot(): string | undefined;
export function answers(socketPath: string): Promise<boolean>;
export function startEngine(cache?: string): Promise<Engine>;
