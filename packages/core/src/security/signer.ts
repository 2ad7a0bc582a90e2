/** What a phone wants signed before it trusts a host. */
export interface SigningRequest {
  /** Who asks: the boot ROM (serial-link authorisation) or a running agent. Makers sign the two in different ways. */
  purpose: 'boot-rom' | 'agent';
  /** The bytes to sign, in the order in which the known makers sign them. */
  message: Uint8Array;
  /** What the phone told about itself along with the challenge; some makers' signers want it. */
  hrid?: Uint8Array;
  socId?: Uint8Array;
}

/**
 * The owner's proof: signs a phone's challenge with the key that belongs to it. The protocols only carry challenge and
 * answer, so a key file, a smart card or a maker's signing service can stand behind it.
 */
export interface Signer {
  /** For messages: the name of the key file. Never the key. */
  readonly name: string;
  /** The answer, exactly as it goes to the phone. */
  sign(request: SigningRequest): Promise<Uint8Array>;
}

/** A file of the phone's maker that is sent as it is. */
export interface OwnerFile {
  /** For messages. */
  name: string;
  bytes: Uint8Array;
}

/** Everything the owner of a phone can bring along to satisfy its locks. */
export interface OwnerCredentials {
  /** Authorisation file (`auth_sv5.auth`), for SEND_AUTH. */
  authorisation?: OwnerFile;
  /** Root certificate (`*.cert`), for SEND_CERT. */
  certificate?: OwnerFile;
  /** Answers the challenges of boot ROM and agent. */
  signer?: Signer;
}
