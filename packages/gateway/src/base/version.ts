/** As package.json has it; a test holds them equal. A build must not have to find that file. */
export const VERSION = '0.1.0';
