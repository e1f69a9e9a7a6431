# The study parity. Its figures, tables and stages are listed in supnorm.parity.index, its settings
# described in workflow/schemas/parity.schema.yaml. Its networks are so small that they train on CPUs.
#
#   common.smk     what its rules share
#   training.smk   networks that learn from all points, or from samples
#   tables.smk     the tables from which figures are drawn, and what the document is told
#   figures.smk    the figures


include: "common.smk"


module parity:
    pathvars:
        results="<root>/parity",
    snakefile:
        "../jobs.smk"


include: "training.smk"
include: "tables.smk"
include: "figures.smk"


# Its tables and figures, as `make reproduce STUDY=parity` wants them.
rule parity:
    input:
        results_of("parity"),
