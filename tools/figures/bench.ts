export { figures as measurements } from '../../bench/figures.ts';
