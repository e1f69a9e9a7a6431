# From the configuration to figures and the document. Each study is a room of its own: its rules
# stand in workflow/rules/<study>/, whose files say at their head what each rule reads and writes.

from snakemake.utils import min_version

min_version("9.27")


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
        ledger="<root>/ledger.parquet",
        summary="<root>/summary.md",
        paper="<root>/paper.pdf",
        studies=[file for study in STUDIES for file in results_of(study)],
