// A value that components follow. It knows nothing of what it holds.
import { useEffect, useState } from 'preact/hooks';

export class Store<T> {
  private value: T;
  private readonly listeners = new Set<(value: T) => void>();

  constructor(value: T) {
    this.value = value;
  }

  get(): T {
    return this.value;
  }

  set(value: T): void {
    if (Object.is(value, this.value)) return;
    this.value = value;
    this.listeners.forEach((listener) => listener(value));
  }

  update(change: Partial<T>): void {
    const changed = Object.entries(change).some(([name, value]) => !Object.is(this.value[name as keyof T], value));
    if (changed) this.set({ ...this.value, ...change });
  }

  /** Calls back on each change, until the function that it returns is called. */
  subscribe(listener: (value: T) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}

/** The part of a store's value that a component shows. */
export function useStore<T, P>(store: Store<T>, part: (value: T) => P): P {
  const [shown, show] = useState(() => part(store.get()));
  useEffect(() => {
    const refresh = (value: T) => show(() => part(value));
    refresh(store.get());
    return store.subscribe(refresh);
  }, [store]);
  return shown;
}
