import { testsAreRows } from '../support/page.ts';

testsAreRows('feed.md', import.meta.dirname, 35);
