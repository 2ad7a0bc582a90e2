/**
 * The wire: opcodes, layouts, checksums and status words that host and virtual phone share. Facts only: behaviour lives
 * with the side that behaves.
 */
export * from './bootrom.js';
export * from './checksums.js';
export * from './da-container.js';
export * from './gpt.js';
export * from './legacy.js';
export * from './sparse.js';
export * from './struct.js';
export * from './xflash.js';
export * from './xml.js';
