import { testsAreRows } from '../support/page.ts';

testsAreRows('orders.md', import.meta.dirname, 40);
