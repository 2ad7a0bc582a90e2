import type { ByteSource } from '../firmware/source.js';
import type { PhoneMark } from './same-phone.js';

/** A file of the backup being written. */
export interface BackupFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Puts everything on the medium and returns the SHA-256 of what can be read back from it. */
  finish(): Promise<{ sha256: string }>;
  /** In place of {@link finish}: lets go of a file that did not become whole, and leaves it as something unfinished. */
  abandon(): Promise<void>;
}

/** One backup; the face decides where it lies. Nothing in it is ever overwritten. */
export interface BackupFolder {
  /** For the report: where a person finds it. */
  readonly path: string;
  create(fileName: string): Promise<BackupFile>;
  /** Small text files beside the images: the manifest and the checksum list. */
  writeText(fileName: string, text: string): Promise<void>;
  /** Adds a line to a text file and puts it on the medium. */
  appendLine(fileName: string, line: string): Promise<void>;
  /** Undefined when there is no such file. */
  readText(fileName: string): Promise<string | undefined>;
  /** @throws UnbrickError `FILE_MISSING` */
  open(fileName: string): Promise<ByteSource>;
}

/** The folder of a job that was begun and not finished. */
export interface BegunJob {
  path: string;
  /** Absent when nobody wrote it down. */
  phone?: PhoneMark;
  /** Absent when the folder is not there any more. */
  folder?: BackupFolder;
}

/**
 * Where the backups of all jobs are, and which jobs were begun and not finished. That has to outlive the program and must be
 * found again by somebody who just repeats the command, from whatever folder.
 */
export interface BackupShelf {
  /** A fresh folder. Never reuses or overwrites anything. @param name for people: the chip */
  make(name: string): Promise<BackupFolder>;
  /** Notes that a job which needs this backup is about to change the phone. Must be on the medium when it resolves. */
  begin(path: string, phone: PhoneMark): Promise<void>;
  /** The job is done. */
  finish(path: string): Promise<void>;
  /** Room for {@link make}'s folders, bytes; absent or undefined where nobody can tell. */
  freeBytes?(): Promise<number | undefined>;
  /** Oldest first. */
  begun(): Promise<BegunJob[]>;
}
