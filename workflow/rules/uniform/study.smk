# The study uniform. Its figures, tables and stages are listed in supnorm.uniform.index, its settings
# described in workflow/schemas/uniform.schema.yaml.
#
#   common.smk           what its rules share
#   data.smk             the teachers and the samples
#   students.smk         the training
#   errors.smk           what students and other algorithms err by
#   sine.smk             a small experiment of its own
#   worst_case.smk       teachers with a spike that no sample meets
#   budget.smk           longer training, of some students
#   regularisation.smk   spikes in every class of networks
#   tables.smk           the tables from which figures are drawn
#   figures.smk          the figures
#   places.smk           where in the cube errors are attained


include: "common.smk"


module uniform:
    pathvars:
        results="<root>/uniform",
        problem=PROBLEM_NAME,
        shard=SHARD_NAME,
    snakefile:
        "../jobs.smk"


include: "data.smk"
include: "students.smk"
include: "errors.smk"
include: "sine.smk"
include: "worst_case.smk"
include: "regularisation.smk"
include: "tables.smk"
include: "budget.smk"
include: "figures.smk"
include: "places.smk"


# Its tables and figures, as `make reproduce STUDY=uniform` wants them.
rule uniform:
    input:
        results_of("uniform"),
