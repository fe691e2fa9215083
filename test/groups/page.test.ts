import { testsAreRows } from '../support/page.ts';

testsAreRows('groups.md', import.meta.dirname, 20);
