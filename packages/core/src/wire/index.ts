/**
 * The wire: opcodes, layouts, checksums and status words that host and virtual phone share. Facts only: behaviour lives
 * with the side that behaves. XML as a syntax comes along, for the protocol whose messages are XML.
 */
export * from '../xml/index.js';
export * from './bootrom.js';
export * from './checksums.js';
export * from './da-container.js';
export * from './gpt.js';
export * from './legacy.js';
export * from './legacy-nand.js';
export * from './sparse.js';
export * from './struct.js';
export * from './xflash.js';
export * from './xml.js';
