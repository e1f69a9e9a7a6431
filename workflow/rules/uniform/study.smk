# The study uniform. Its figures, tables and stages are listed in supnorm.uniform.index, its settings
# described in workflow/schemas/uniform.schema.yaml.
#
#   common.smk           what its rules share
#   data.smk             the teachers and the samples
#   students.smk         the training
#   errors.smk           what students and other algorithms err by
#   sine.smk             a small experiment of its own
#   worst_case.smk       teachers with a spike that no sample meets
#   neighbours.smk       every teacher, and the nearest of those with such a spike
#   algorithms.smk       any algorithm, on a teacher with a spike that it does not see
#   regularisation.smk   such spikes in every class of networks
#   polynomials.smk      a class that is learned uniformly
#   budget.smk           longer training, of some students
#   places.smk           where in the cube errors are attained
#   tables.smk           the tables from which figures are drawn
#   figures.smk          the figures


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
include: "neighbours.smk"
include: "algorithms.smk"
include: "regularisation.smk"
include: "polynomials.smk"
include: "budget.smk"
include: "places.smk"
include: "tables.smk"
include: "figures.smk"


# Its tables and figures, as `make reproduce STUDY=uniform` wants them.
rule uniform:
    input:
        results_of("uniform"),
