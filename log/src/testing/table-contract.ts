import { describe, expect, it } from 'vitest';
import type { Tables } from '../chunk-log.js';
import { expectCode, newStream } from './support.js';

/** The latest value of each key. `newName` returns the name of an empty table. */
export function describeTables(
  log: () => Tables,
  newName: () => string = () => `contract-${newStream()}`,
): void {
  describe('tables', () => {
    it('show what was put, tell it once, and forget what was deleted', async () => {
      const table = await log().table(newName());
      const changes: [string, string | undefined][] = [];
      const end = table.onChange((key, value) => changes.push([key, value]));
      await table.put('a', '1');
      expect(table.get('a')).toBe('1');
      await Promise.all([table.put('a', '2'), table.put('b', 'ü'), table.put('a', '3')]);
      expect([...table.entries()].sort()).toEqual([
        ['a', '3'],
        ['b', 'ü'],
      ]);
      await table.delete('a');
      await table.delete('never there');
      expect(table.get('a')).toBeUndefined();
      expect(changes.filter(([key]) => key === 'a')).toEqual([
        ['a', '1'],
        ['a', '2'],
        ['a', '3'],
        ['a', undefined],
      ]);
      end();
      await table.put('c', '1');
      expect(changes.some(([key]) => key === 'c')).toBe(false);
    });

    it('are one object for one name, and refuse names that cannot be', async () => {
      const name = newName();
      const [one, two] = await Promise.all([log().table(name), log().table(name)]);
      expect(one).toBe(two);
      await expectCode('invalid', log().table('../etc'));
    });
  });
}
