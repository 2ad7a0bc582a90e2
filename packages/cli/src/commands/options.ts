import { type Command, InvalidArgumentError, Option } from 'commander';

/** `a,b` or repeated: both ways of naming several things. */
export function list(value: string, before: string[] = []): string[] {
  return [
    ...before,
    ...value
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  ];
}

/** Seconds, with or without fraction; the result is ms. */
export function seconds(value: string): number {
  const number = Number(value);
  if (!Number.isFinite(number) || number <= 0) throw new InvalidArgumentError('a number of seconds above 0 is needed');
  return number * 1000;
}

/** `40MB/s`, `40M`, `2.5MiB/s`, `1000000`: bytes a second. */
export function rate(value: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(k|m|g)?(i)?b?(?:\/s)?$/i.exec(value.trim());
  if (!match) throw new InvalidArgumentError('a rate such as 40MB/s is needed');
  const power = { k: 1, m: 2, g: 3 }[match[2]?.toLowerCase() ?? ''] ?? 0;
  const result = Number(match[1]) * (match[3] ? 1024 : 1000) ** power;
  if (result <= 0) throw new InvalidArgumentError('a rate above 0 is needed');
  return result;
}

export const portOption = () =>
  new Option(
    '--port <port>',
    'where the phone is: auto, serial:/dev/ttyACM0, serial:COM5, usb:1-4.2, tcp:HOST:PORT, virtual:PROFILE',
  ).default('auto');

export const modeOption = () =>
  new Option(
    '--mode <mode>',
    'download: write the images; upgrade: also empty user data, keep calibration; format-all: also erase all else, keep calibration',
  )
    .choices(['download', 'upgrade', 'format-all'])
    .default('download');

export const waitOption = () =>
  new Option('--wait <seconds>', 'how long to wait for a phone').argParser(seconds).default(120_000, '120');

export const traceOption = () => new Option('--trace <file>', 'write every byte on the link to this file, as hex');

export const jsonOption = () => new Option('--json', 'one JSON object a line instead of text; the last is the report');

export const scatterOption = () =>
  new Option('--scatter <path>', 'which scatter file inside the folder or archive, when it has several');

export const firmwareOption = () =>
  new Option('--firmware <path>', 'firmware (folder or zip) to take the Download Agent and the memory settings from');

/** Options of every command that starts a Download Agent: how the phone is reached, and what its owner can bring along. */
export const addAgentOptions = (command: Command): Command =>
  command
    .addOption(portOption())
    .option('--da <file>', 'use this Download Agent file instead of searching the firmware')
    .option('--auth <file>', "the maker's authorisation file (auth_sv5.auth); else the firmware folder is searched")
    .option('--cert <file>', "the maker's certificate file; else the firmware folder is searched")
    .option('--key <file>', 'your RSA private key for this phone (PEM, DER or text with N and D)')
    .addOption(waitOption())
    .addOption(jsonOption())
    .addOption(traceOption());
