# From the configuration to figures and the document. Each study is a room of its own: its rules
# stand in workflow/rules/<study>/, whose files say at their head what each rule reads and writes.

import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.27")

# Programs, settings and results have their places below it.
HOME = Path(workflow.basedir).resolve()
if Path.cwd() != HOME:
    sys.exit(
        f"{Path.cwd()}: expected that snakemake is started in {HOME}, the root of the repository; "
        "go there, or name it by --directory"
    )


configfile: "config.yaml"


# Used by --sdm apptainer alone; envs/supnorm.def says how to build it.
container: "envs/supnorm.sif"


include: "workflow/rules/common.smk"


pathvars:
    root=ROOT,
    results=ROOT,


include: "workflow/rules/uniform/study.smk"
include: "workflow/rules/parity/study.smk"
include: "workflow/rules/depth/study.smk"
include: "workflow/rules/approximation/study.smk"
include: "workflow/rules/document.smk"


report: "workflow/report/workflow.rst"


onstart:
    from driver.scheduler import end_needless_rounds

    end_needless_rounds(workflow.scheduler)
    tell_of_unknown_commit()
    if workflow.executor_plugin.name == "slurm":
        prepare_for_slurm(workflow.dag.needrun_jobs())


localrules:
    all,
    resolve_config,


rule all:
    default_target: True
    input:
        config="<root>/config.resolved.yaml",
        claims="<root>/claims.parquet",
        summary="<root>/summary.md",
        paper="<root>/paper.pdf",
        studies=[file for study in STUDIES for file in results_of(study)],
