"""What the jobs of a run have written: that of the newest follows those of the jobs that it resumed."""

import time

from vitsci_viz.errors import VitsciVizError
from vitsci_viz.views.session.run_book import RunBook, RunStatus

LOG_BYTES = 32_768
"""Of the newest job's log, how much of its end is shown."""
EARLIER_BYTES = 8_192
"""The same of each job before."""
MOST_EARLIER = 8
"""Jobs before the newest whose logs are shown."""
RULE = "-" * 12


class RunLog:
    """Reads the logs of runs; remembers those of jobs that have ended. To be used by one thread at a time.

    Parameters
    ----------
    book : RunBook
        The runs.
    """

    def __init__(self, book: RunBook) -> None:
        self._book = book
        self._ended: dict[str, str] = {}
        self._heads: dict[str, str] = {}

    def read(self, run: RunStatus) -> str:
        """Return the logs of a run's jobs, the oldest first, each resumption below a line that says when it was.

        Parameters
        ----------
        run : RunStatus
            The run; one that was started elsewhere has no log.
        """
        if not run.job:
            return ""
        parts = [self._earlier(job) for job in run.earlier[-MOST_EARLIER:]]
        parts = [text for text in (*parts, self._text(run.job, LOG_BYTES)) if text]
        left_out = len(run.earlier) - MOST_EARLIER
        if left_out > 0:
            parts.insert(0, f"{RULE} {left_out} earlier job{'s' * (left_out > 1)}, not shown here {RULE}")
        return "\n".join([*(part.rstrip("\n") for part in parts[:-1]), *parts[-1:]])

    def _earlier(self, job: str) -> str:
        if job not in self._ended:
            self._ended[job] = self._text(job, EARLIER_BYTES)
        return self._ended[job]

    def _text(self, job: str, most: int) -> str:
        """Return the end of a job's log below its head."""
        try:
            return self._head(job) + plain_log(self._book.jobs.log(job, -most)[0])
        except VitsciVizError:
            return ""  # taken off the list by somebody else

    def _head(self, job: str) -> str:
        """Return the line above the log of a resumption; nothing for the job that began the run."""
        if job not in self._heads:
            status = self._book.jobs.status(job)
            day = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(status.submitted_s))
            self._heads[job] = "" if status.spec.recipe else f"{RULE} resumed {day} {RULE}\n"
        return self._heads[job]


def plain_log(text: str) -> str:
    r"""Return a log as a terminal would leave it: of a line that was written over, the last version.

    >>> plain_log("one\rtwo\nthree")
    'two\nthree'
    """
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)
