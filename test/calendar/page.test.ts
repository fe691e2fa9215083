import { testsAreRows } from '../support/page.ts';

testsAreRows('calendar.md', import.meta.dirname, 20);
