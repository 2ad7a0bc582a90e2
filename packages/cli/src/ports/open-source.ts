import type { PortSource } from '@unbrick/core';
import { autoSource, type ChoosePhone } from './auto-source.js';
import { parsePort } from './parse-port.js';
import { rawUsbSource } from './raw-usb.js';
import { serialSource } from './serial-port.js';
import { tcpSource } from './tcp-port.js';

export interface PortSourceOptions {
  /** Told what is seen while waiting: a phone in the wrong mode, a missing driver. */
  onNote?: (message: string) => void;
  /** Asked which of several phones is meant. */
  choose?: ChoosePhone;
}

/**
 * Where a phone is expected, from the text of `--port`.
 * @throws UnbrickError `PORT_NAME_INVALID` (stage `usage`) when the text names no port
 */
export async function openPortSource(text: string, options: PortSourceOptions = {}): Promise<PortSource> {
  const spec = parsePort(text);
  switch (spec.kind) {
    case 'auto':
      return autoSource(options);
    case 'serial':
      return serialSource(spec.path);
    case 'usb':
      return rawUsbSource(spec.busPath);
    case 'tcp':
      return tcpSource(spec.host, spec.port);
    case 'virtual':
      // Loaded only when asked for: most runs meet a real phone.
      return (await import('./virtual-source.js')).virtualSource(spec);
  }
}
