/** The scanner's verdict. `Unsure` hands the frame to the full parser; nothing is decided by it. */
export const Scan = { Unsure: 0, Delta: 1, Trade: 2 } as const;
export type ScanKind = (typeof Scan)[keyof typeof Scan];
