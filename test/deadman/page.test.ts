import { testsAreRows } from '../support/page.ts';

testsAreRows('deadman.md', import.meta.dirname, 20);
