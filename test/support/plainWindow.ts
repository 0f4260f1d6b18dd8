import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

/** A socket of node's own, read as a test lets it. A kernel takes some megabytes all the same. */
export class PlainWindow {
  /** More than the kernel takes for a client that reads nothing. */
  static readonly SWALLOWED = 12 * 1024 * 1024;

  readonly #socket: Socket;
  #isOver = false;

  private constructor(socket: Socket) {
    this.#socket = socket.on('error', () => {}).on('end', () => (this.#isOver = true));
    socket.on('close', () => (this.#isOver = true));
  }

  static async connect(port: number): Promise<PlainWindow> {
    const socket = connect(port, '127.0.0.1').pause();
    await once(socket, 'connect');
    return new PlainWindow(socket);
  }

  async send(text: string): Promise<void> {
    this.#socket.write(text, 'latin1');
  }

  /** Reads some bytes as latin-1; '' where the peer is done or gone. */
  async read(): Promise<string> {
    for (;;) {
      const data = this.#socket.read() as Buffer | null;
      if (data !== null) return data.toString('latin1');
      if (this.#isOver) return '';
      await new Promise<void>((resolve) => {
        const events = ['readable', 'end', 'close'] as const;
        const go = (): void => {
          for (const event of events) this.#socket.off(event, go);
          resolve();
        };
        for (const event of events) this.#socket.on(event, go);
      });
    }
  }

  async close(): Promise<void> {
    this.#socket.destroy();
  }
}
