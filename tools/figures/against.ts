export { figures as measurements } from '../../bench/against.ts';
