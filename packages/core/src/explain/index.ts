/** Explains status codes and messages of every tool of this kind, offline. */
export * from './catalogue.js';
export * from './entry.js';
export * from './explain.js';
export * from './find-codes.js';
export * from './language.js';
export * from './search.js';
export * from './wording.js';
