import type { ChunkLog, Share } from '@topicast/log';

/** A group of producers in one process, whose only owner of everything the test names. */
export class TestGroup {
  readonly #members = new Map<string, () => void>();
  #owner: string | undefined;

  give(owner: string): void {
    this.#owner = owner;
    for (const tell of this.#members.values()) tell();
  }

  /** The same log, as this member sees it: a member that leaves gives everything to another. */
  logOf(member: string, log: ChunkLog): ChunkLog {
    const share: Share = {
      confirmed: true,
      owns: () => this.#owner === member,
      onChange: (listener) => {
        this.#members.set(member, listener);
        return () => this.#members.delete(member);
      },
      leave: async () => {
        if (this.#owner === member) this.give([...this.#members.keys()].find((id) => id !== member) ?? '');
      },
    };
    return new Proxy(log, {
      get(target, name) {
        if (name === 'share') return async () => share;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }
}
