import type { System } from './system.js';

/**
 * Takes out of a report what tells who you are or which phone it is: user name, home folder, serial numbers of USB devices,
 * MAC and IP addresses, IMEIs and chip identifiers.
 */
export function anonymise(text: string, system: Pick<System, 'user' | 'env'>): string {
  const names = [system.env.HOME, system.env.USERPROFILE, system.env.HOSTNAME, system.env.COMPUTERNAME];
  let clean = text;
  for (const name of names) if (name && name.length > 2) clean = clean.replaceAll(name, '~');
  if (system.user.name.length > 1 && system.user.name !== 'root') {
    clean = clean.replace(new RegExp(`\\b${literally(system.user.name)}\\b`, 'g'), 'USER');
  }
  return clean
    .replace(/\/(home|Users)\/[^/\s'"]+/g, '/$1/USER')
    .replace(/(USB\\VID_[0-9A-F]{4}&PID_[0-9A-F]{4}[^\\\s]*\\)[^\s,:]+/gi, '$1…')
    .replace(/\b([0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b/gi, 'MAC')
    .replace(/\b(?:\d{1,3}\.){3}\d{1,3}\b/g, 'IP')
    .replace(/(SerialNumber|serial(?: number)?)\s*[:=]\s*"?[^\s",]+"?/gi, '$1: …')
    .replace(/\b[0-9a-f]{32,64}\b/gi, 'ID')
    .replace(/\b\d{14,16}\b/g, 'IMEI');
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
