/** How far the host has got with a device that was plugged in: what firmware sees of it beyond bytes. */
export interface HostState {
  /**
   * True as soon as the host has configured the device, false when `timeoutMs` pass first.
   * Rejects with UnpluggedError when the cable is pulled meanwhile.
   */
  configured(timeoutMs: number): Promise<boolean>;
  /** A driver has set up the port (SET_LINE_CODING): to a preloader the sign that a tool may be there. */
  readonly portSetUp: boolean;
  /** The host asks for data now. What firmware sends to a host that does not is lost after a while. */
  readonly listening: boolean;
  /** An agent takes over the connection from the stage that enumerated. */
  agentStarts(): void;
}

/** A port without USB (TCP, memory): there is nothing to set up. */
export const PLAIN_HOST: HostState = {
  configured: () => Promise.resolve(true),
  portSetUp: true,
  listening: true,
  agentStarts: () => {},
};
