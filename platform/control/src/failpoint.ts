/**
 * A fault test starts control with `HOLDFAST_FAILPOINT=customer.create/make the database/done`: the
 * process then kills itself there, as a power cut would. Points are `begin`, `done`, `saved` and
 * `undone` of every declared step, so that a new step joins by itself.
 */
export function killAt(point: string | undefined): (name: string) => void {
  if (point === undefined || point === "") return () => undefined;
  return (name) => {
    if (name === point) process.kill(process.pid, "SIGKILL");
  };
}
