import { followRun } from "../report/follow_run.ts";
import { stateText } from "../report/progress_text.ts";
import { lossFigure, scoreFigure } from "../report/run_figures.ts";
import type { RunProgress } from "../report/run_progress.ts";
import { LiveOutput } from "./live_output.ts";
import { figureMedia, markdownMedia } from "./show.ts";
import { stopButton } from "./stop_button.ts";

/**
 * Follows a run that is trained elsewhere, by a server or another notebook: its curves and the time
 * left, live under the cell, until it is complete, seems to have stopped, or Jupyter's Stop is pressed.
 *
 * @param folder the run's folder, on this machine or mounted from another
 * @throws {UserError} when the folder holds no run
 */
export async function watchRun(folder: string): Promise<void> {
  using stop = stopButton();
  const [state, loss, score] = [new LiveOutput(), new LiveOutput(), new LiveOutput()];
  const sayState = (progress: RunProgress) =>
    state.update(() => Promise.resolve(markdownMedia(stateText(progress))));
  const onChange = async (progress: RunProgress) => {
    sayState(progress);
    loss.update(() => figureMedia(lossFigure(progress)));
    score.update(() => figureMedia(scoreFigure(progress)));
    for (const output of [state, loss, score]) await output.flush();
  };
  const until = (progress: RunProgress) => progress.state !== "training";
  await followRun(folder, { signal: stop.signal, until, onChange, onLook: sayState });
  await state.flush();
}
