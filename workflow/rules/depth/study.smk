# The study depth. Its figures, tables and stages are listed in supnorm.depth.index, its settings
# described in workflow/schemas/depth.schema.yaml. Its networks are so small that they train on CPUs.
#
#   common.smk     what its rules share
#   training.smk   networks that learn triangles, the inner product, and parity
#   tables.smk     the tables from which figures are drawn, and what the document is told
#   figures.smk    the figures


include: "common.smk"


module depth:
    pathvars:
        results="<root>/depth",
    snakefile:
        "../jobs.smk"


include: "training.smk"
include: "tables.smk"
include: "figures.smk"


# Its tables and figures, as `make reproduce STUDY=depth` wants them.
rule depth:
    input:
        results_of("depth"),
