import { join } from 'node:path';

/** The repository's folder: this file is two levels below it, as source, as built, and as bundled. */
export const REPOSITORY = join(import.meta.dirname, '../..');
