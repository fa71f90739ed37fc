export { measurements } from '../../bench/figures.ts';
