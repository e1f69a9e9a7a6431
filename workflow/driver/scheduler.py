"""What Snakemake's scheduler does between jobs; imported by the Snakefile as a run starts."""

from snakemake.scheduling.job_scheduler import JobScheduler

# Jobs, and in how many seconds: Snakemake's default, which limits nothing here.
DEFAULT = (100, 1)


def end_needless_rounds(scheduler: JobScheduler) -> None:
    """Keep the scheduler from looking at all jobs while nothing has changed.

    A limit of jobs in a time makes it look again after that time, once for each job that ended, for
    ever: after some hundred jobs it takes a core. A limit of the user's own stays.
    """
    limit = scheduler.job_rate_limiter
    if limit and (limit.max_jobs, limit.timespan) == DEFAULT:
        scheduler.job_rate_limiter = None
