// Owns: locks by name. Does not: know what they protect.

export interface Locks {
  /** Takes `name`, first come first served, once it is free; call what it answers to give it back. */
  acquire(name: string): Promise<() => void>;
}

export function createLocks(): Locks {
  /** Per name, what the next comer waits for; a free lock has no entry. */
  const tails = new Map<string, Promise<void>>();

  return {
    async acquire(name) {
      const previous = tails.get(name);
      let release = () => {};
      const tail = new Promise<void>((resolve) => {
        release = resolve;
      });
      tails.set(name, tail);
      await previous;
      return () => {
        if (tails.get(name) === tail) tails.delete(name);
        release();
      };
    },
  };
}
