/** CPU time of this process, milliseconds: whoever else has the processor meanwhile is no business of the candidate's. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
