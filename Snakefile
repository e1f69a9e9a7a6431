# From teachers to figures: the error of learning ReLU networks against sample size, under the
# bounds. What each rule reads and writes stands at the head of its file in workflow/rules/.

from snakemake.utils import min_version

min_version("9.27")


configfile: "config.yaml"


# Used by --sdm apptainer alone; envs/supnorm.def says how to build it.
container: "envs/supnorm.sif"


include: "workflow/rules/common.smk"


pathvars:
    results=RESULTS,
    logs="<results>/logs",
    benchmarks="<results>/benchmarks",
    shard=SHARD_NAME,


include: "workflow/rules/data.smk"
include: "workflow/rules/students.smk"
include: "workflow/rules/errors.smk"
include: "workflow/rules/sine.smk"
include: "workflow/rules/worst_case.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/paper.smk"


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
        config="<results>/config.resolved.yaml",
        summary="<results>/summary.md",
        paper="<results>/paper.pdf",
        tables=expand("<results>/tables/{table}.parquet", table=TABLES),
        figures=expand("<results>/figures/{figure}.{kind}", figure=FIGURES, kind=FIGURE_FILES),
