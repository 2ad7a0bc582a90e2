import { BOOT_MODE_TOKENS } from '@unbrick/core/wire';
import { Command, CommanderError, Option } from 'commander';
import { backupCommand } from './commands/backup.js';
import { checkCommand } from './commands/check.js';
import { demoCommand } from './commands/demo.js';
import { doctorCommand } from './commands/doctor.js';
import { eraseCommand } from './commands/erase.js';
import { explainCommand } from './commands/explain.js';
import { flashCommand } from './commands/flash.js';
import { infoCommand } from './commands/info.js';
import { inspectCommand } from './commands/inspect.js';
import {
  addAgentOptions,
  firmwareOption,
  jsonOption,
  list,
  modeOption,
  portOption,
  rate,
  scatterOption,
  traceOption,
  waitOption,
} from './commands/options.js';
import { phoneCommand } from './commands/phone.js';
import { practiceCommand } from './commands/practice.js';
import { readCommand } from './commands/read.js';
import { rebootCommand } from './commands/reboot.js';
import { repairTableCommand } from './commands/repair-table.js';
import { restoreCommand } from './commands/restore.js';
import { ExitCode } from './exit-codes.js';

/** Commands that start a Download Agent on the phone. */
const USES_AN_AGENT = new Set(['flash', 'info', 'check', 'backup', 'restore', 'read', 'erase', 'repair-table']);

const program = new Command('unbrick')
  .description('Flash, back up and revive MediaTek phones over USB.')
  .version('0.1.0')
  .showHelpAfterError('(unbrick --help tells more)')
  .exitOverride();

program
  .command('flash')
  .description('flash a stock firmware: a folder, a zip archive, or the scatter file in a folder')
  .argument('<firmware>', 'folder, zip archive or scatter file')
  .addOption(scatterOption())
  .addOption(modeOption())
  .option('--only <names>', 'flash only these partitions (comma separated)', list)
  .option('--skip <names>', 'leave these partitions as they are (comma separated)', list)
  .option('--choose', 'show the list of partitions and let me tick them')
  .option('--dry-run', 'show the plan and write nothing')
  .option('-y, --yes', 'do not ask before writing')
  .option('--force <codes>', 'lift these findings, each by its code', list)
  .option('--no-backup', 'do not read the calibration partitions to a backup first')
  .option('--backup-dir <folder>', 'where the dated backup folder is made', '.')
  .option('--calibration <folder>', 'put back the calibration data of this earlier backup (upgrade, format-all)')
  .option('--no-reboot', 'do not restart the phone at the end')
  .action(async (firmware, options, command: Command) => {
    const portNamed = command.getOptionValueSource('port') !== 'default';
    process.exitCode = await flashCommand(firmware, { ...options, portNamed });
  });

program
  .command('inspect')
  .description(
    'what is this, for which phone? a firmware, a preloader, a Download Agent file, an image; no phone is needed',
  )
  .argument('<path>', 'folder, zip archive, scatter file, preloader, Download Agent file or image')
  .option('--compare <path>', 'show how another firmware differs')
  .addOption(scatterOption())
  .option('--all', 'list every partition, not only those with an image')
  .option('--verify', 'read every file that has a checksum, and compare')
  .addOption(new Option('--json', 'one JSON object instead of text'))
  .action(async (path, options) => {
    process.exitCode = await inspectCommand(path, options);
  });

program
  .command('info')
  .description('who is connected: mode, chip, security; with a firmware or --da also storage and partition table')
  .argument('[firmware]', 'folder, zip archive or scatter file to take the Download Agent from')
  .action(async (firmware, options) => {
    process.exitCode = await infoCommand({ ...options, ...(firmware === undefined ? {} : { firmware }) });
  });

program
  .command('check')
  .description('compare a firmware with the connected phone; writes nothing. Exit code 0: it fits, 3: it does not')
  .argument('<firmware>', 'folder, zip archive or scatter file')
  .addOption(scatterOption())
  .addOption(modeOption())
  .option('--only <names>', 'look at these partitions only (comma separated)', list)
  .option('--skip <names>', 'leave these partitions out (comma separated)', list)
  .option('--force <codes>', 'take these findings for lifted, each by its code', list)
  .action(async (firmware, options) => {
    process.exitCode = await checkCommand(firmware, options);
  });

program
  .command('backup')
  .description('read the calibration data, or all of the phone, to a fresh dated folder; changes nothing')
  .argument('<folder>', 'where the dated folder is made')
  .option('--all', 'every partition, as a package that can be flashed')
  .option('--skip <names>', 'leave these partitions out (comma separated)', list)
  .addOption(firmwareOption())
  .action(async (folder, options) => {
    process.exitCode = await backupCommand(folder, options);
  });

program
  .command('restore')
  .description('put a backup back on the phone that it is of; sums are checked before, everything is read back after')
  .argument('<folder>', 'a backup, or the folder it was made in')
  .argument('[names...]', 'only these partitions')
  .option('--other-phone', 'the backup may be of another phone: only after board parts were exchanged')
  .option('--dry-run', 'show the plan and write nothing')
  .option('-y, --yes', 'do not ask before writing')
  .addOption(firmwareOption())
  .action(async (folder, names, options) => {
    process.exitCode = await restoreCommand(folder, names, options);
  });

program
  .command('read')
  .description('read partitions or regions of the phone to files; without names the calibration partitions')
  .argument('[names...]', 'partitions, or regions such as boot1 or user')
  .addOption(firmwareOption())
  .option('--out <folder>', 'where the dated folder is made', '.')
  .action(async (names, options) => {
    process.exitCode = await readCommand(names, options);
  });

program
  .command('erase')
  .description('empty partitions; refuses calibration data and what the phone needs to start')
  .argument('<names...>', 'partitions')
  .addOption(firmwareOption())
  .option('-y, --yes', 'do not ask before erasing')
  .option('--force <codes>', 'lift these refusals, each by its code', list)
  .action(async (names, options) => {
    process.exitCode = await eraseCommand(names, options);
  });

program
  .command('repair-table')
  .description('make a damaged copy of the partition table (GPT, PMT) whole again from the other copy')
  .addOption(firmwareOption())
  .option('-y, --yes', 'do not ask before writing')
  .option('--backup-dir <folder>', 'where the dated folder with what is replaced is made', '.')
  .action(async (options) => {
    process.exitCode = await repairTableCommand(options);
  });

program
  .command('reboot')
  .description('ask the preloader to boot into another mode')
  .addOption(new Option('--to <mode>', 'which mode').choices(Object.keys(BOOT_MODE_TOKENS)).makeOptionMandatory())
  .addOption(portOption())
  .addOption(waitOption())
  .addOption(traceOption())
  .action(async (options) => {
    process.exitCode = await rebootCommand(options);
  });

program
  .command('doctor')
  .description(
    'what on this computer keeps phones from being reached: drivers, permissions, programs that hold the port',
  )
  .option('--fix', 'Linux: write the udev rule, after asking')
  .option('-y, --yes', 'do not ask before writing the rule')
  .option('--report', 'as text to send to somebody, without names and serial numbers')
  .addOption(jsonOption())
  .action(async (options) => {
    process.exitCode = await doctorCommand(options);
  });

program
  .command('explain')
  .description(
    'what an error means and what to do: a number, a name, a pasted sentence, a log file, or - for standard input',
  )
  .argument('[question...]', '4032, 0xC0060003, -1073283068, S_FT_ENABLE_DRAM_FAIL, "code 43", QT_FLASH_TOOL.log')
  .option('--lang <tag>', 'language of the answer; the system’s unless named')
  .option('--json', 'the answer as one JSON object')
  // Negative numbers are questions here, not options.
  .allowUnknownOption()
  .action(async (question, options) => {
    process.exitCode = await explainCommand(question, options);
  });

program
  .command('phone')
  .description('a virtual phone to practise on, served on TCP')
  .option('--profile <name>', 'which phone, or a profile file of your own')
  .option('--list', 'list the profiles')
  .option('--print', 'print the profile, to begin your own with')
  .addOption(new Option('--mode <mode>', 'which program answers').choices(['preloader', 'brom']).default('preloader'))
  .option('--state <folder>', 'keep the storage here, one sparse file a region')
  .option('--tcp <address>', 'where to serve it', '127.0.0.1:7001')
  .option('--link-rate <rate>', 'pace the link, for example 40MB/s', rate)
  .option(
    '--fault <fault>',
    'rehearse a bad day (docs/virtual-phone.md lists them); repeatable',
    (value: string, before: string[] = []) => [...before, value],
  )
  .option('--log <file>', 'append one JSON line for every command the phone receives')
  .action(async (options) => {
    process.exitCode = await phoneCommand(options);
  });

program
  .command('practice')
  .description('make a firmware folder that fits a virtual phone')
  .argument('<folder>', 'new folder')
  .requiredOption('--profile <name>', 'which phone, or the file of your own profile')
  .option(
    '--sign-key <file>',
    'RSA private key (PEM) to sign the agent with, for a phone that starts signed agents only',
  )
  .action(async (folder, options) => {
    process.exitCode = await practiceCommand(folder, options);
  });

program
  .command('demo')
  .description('the main job on a virtual phone: make a firmware, flash it, verify it')
  .option('--profile <name>', 'which phone', 'mt6735-emmc')
  .option('--link-rate <rate>', 'pace the link like a cable', rate, rate('40MB/s'))
  .action(async (options) => {
    process.exitCode = await demoCommand(options);
  });

for (const command of program.commands) {
  if (USES_AN_AGENT.has(command.name())) addAgentOptions(command);
}

// Neither a reader that has seen enough (`| head`) nor a full disk must end a job that is writing to a phone.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

try {
  await program.parseAsync();
} catch (cause) {
  if (!(cause instanceof CommanderError)) throw cause;
  // Commander has printed the message; help and version are no mistakes.
  process.exitCode = cause.exitCode === 0 ? ExitCode.DONE : ExitCode.USAGE;
}
