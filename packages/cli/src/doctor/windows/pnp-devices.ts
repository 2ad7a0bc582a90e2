import type { System } from '../system.js';

/** A device of Windows' device manager. */
export interface PnpDevice {
  /** `USB\VID_0E8D&PID_2000\5&2C…`. */
  instanceId: string;
  name: string;
  /** Plugged in at this moment; hidden devices are not. */
  present: boolean;
  /** CM_PROB code, 0 for none: 10, 28, 43 … */
  problem: number;
  /** Driver service: `usbser`, `WinUSB`, `libusbK`; empty when none is bound. */
  service: string;
  manufacturer: string;
}

const QUESTION =
  "Get-PnpDevice -InstanceId 'USB*' -ErrorAction SilentlyContinue | " +
  'Select-Object InstanceId,FriendlyName,Present,ConfigManagerErrorCode,Service,Manufacturer | ConvertTo-Json -Compress';

/** All USB devices Windows knows, hidden ones too; undefined when it does not say. */
export async function windowsPnpDevices(system: System): Promise<PnpDevice[] | undefined> {
  const asked = await system.ask('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', QUESTION]);
  const devices = asked === undefined ? undefined : parseGetPnpDevice(asked);
  if (devices) return devices;
  const listed = await system.ask('pnputil.exe', ['/enum-devices', '/connected']);
  const problems = await system.ask('pnputil.exe', ['/enum-devices', '/problem']);
  if (listed === undefined && problems === undefined) return undefined;
  const known = new Map(parsePnputil(listed ?? '').map((device) => [device.instanceId, device]));
  for (const device of parsePnputil(problems ?? '')) known.set(device.instanceId, device);
  return [...known.values()].filter((device) => /^USB\\/i.test(device.instanceId));
}

/** Output of {@link QUESTION}: an array, or one object when there is one device. Undefined when it is no JSON. */
export function parseGetPnpDevice(json: string): PnpDevice[] | undefined {
  let data: unknown;
  try {
    data = JSON.parse(json.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return [data].flat().flatMap((each) => {
    if (typeof each !== 'object' || each === null) return [];
    const record = each as Record<string, unknown>;
    if (!text(record.InstanceId)) return [];
    return {
      instanceId: text(record.InstanceId),
      name: text(record.FriendlyName),
      present: record.Present === true,
      problem: problemNumber(record.ConfigManagerErrorCode),
      service: text(record.Service),
      manufacturer: text(record.Manufacturer),
    };
  });
}

/** PowerShell 5 writes the number, PowerShell 7 the name of the enumeration. */
function problemNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  return PROBLEM_NAMES[String(value)] ?? 0;
}

const PROBLEM_NAMES: Record<string, number> = {
  CM_PROB_FAILED_START: 10,
  CM_PROB_DISABLED: 22,
  CM_PROB_FAILED_INSTALL: 28,
  CM_PROB_FAILED_ADD: 31,
  CM_PROB_DRIVER_FAILED_LOAD: 39,
  CM_PROB_FAILED_POST_START: 43,
  CM_PROB_PHANTOM: 45,
  CM_PROB_UNSIGNED_DRIVER: 52,
};

/**
 * Output of `pnputil /enum-devices`. Its labels are translated, so lines are known by their place and form: the first line of
 * a block is the instance id; a problem is written `43 (0x2B) [CM_PROB_FAILED_POST_START]`.
 */
export function parsePnputil(output: string): PnpDevice[] {
  return output
    .replace(/\r/g, '')
    .split(/\n\s*\n/)
    .flatMap((block) => {
      const values = block.split('\n').flatMap((line) => /^[^:]+:\s+(.*\S)\s*$/.exec(line)?.[1] ?? []);
      const instanceId = values.find((value) => /^[A-Z]+\\\S/i.test(value));
      if (instanceId === undefined) return [];
      const problem = /\b(\d+) \(0x[0-9a-f]+\) \[(CM_PROB_\w+)\]/i.exec(block);
      return {
        instanceId,
        name: values[values.indexOf(instanceId) + 1] ?? '',
        present: problem?.[2] !== 'CM_PROB_PHANTOM',
        problem: Number(problem?.[1] ?? 0),
        service: '',
        manufacturer: '',
      };
    });
}
