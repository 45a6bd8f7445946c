// A way to the daemon that can go bad: it falls silent, or is cut, as networks do.

import net from 'node:net';

export class Stall {
  sockets = new Set();
  silent = false;
  cut = false;

  static async open(port) {
    const stall = new Stall();
    stall.server = net.createServer((near) => stall.join(near, port));
    await new Promise((resolve) => stall.server.listen(0, '127.0.0.1', resolve));
    stall.url = `http://127.0.0.1:${stall.server.address().port}`;
    return stall;
  }

  join(near, port) {
    if (this.cut) return near.destroy();
    const far = net.connect(port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      this.sockets.add(from);
      from.on('data', (bytes) => !this.silent && to.write(bytes));
      from.on('end', () => !this.silent && to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.sockets.delete(from);
        if (!this.silent) to.destroy();
      });
    }
  }

  /** Nothing passes any more, and nobody is told. */
  fallSilent() {
    this.silent = true;
  }

  /** All connections break, and new ones are refused. */
  break() {
    this.cut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  /** New connections work again; those that were lost stay lost. */
  mend() {
    this.cut = this.silent = false;
    for (const socket of this.sockets) socket.destroy();
  }

  close() {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}
