/** unbrick's library: everything between a firmware and a port, for Node and the browser. */
export * from './agent/agent.js';
export * from './bootrom/commands.js';
export * from './bootrom/connect.js';
export * from './bootrom/handshake.js';
export * from './bootrom/identity.js';
export * from './bootrom/usb-identities.js';
export * from './chips/chips.js';
export * from './errors/unbrick-error.js';
export * from './firmware/source.js';
export * from './link/link.js';
export * from './link/memory-port.js';
export * from './link/port.js';
export * from './preflight/finding.js';
export * from './run/events.js';
export * from './storage/storage.js';
