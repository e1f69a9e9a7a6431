# The document: what was asked, how it was measured, every figure, and every verdict.
#
#   build_paper   figures, captions, tables, workflow/paper   ->  paper.pdf

import yaml

from supnorm.job.origin import doi

CITATION = yaml.safe_load(Path("CITATION.cff").read_text())
PAPER_TABLES = ["minmax", "rates", "bounds", "claims", "settings", "sample_counts", "two_sided"]

try:
    DOI = doi(Path(RESULTS))
except InputError as error:
    sys.exit(str(error))


rule build_paper:
    input:
        # The records say from which commit figures and tables are; they differ from run to run,
        # so they are no part of what the document's own record says it is made from.
        records=[
            *expand("<results>/figures/{figure}.prov.json", figure=sorted(FIGURES)),
            *expand("<results>/tables/{table}.prov.json", table=PAPER_TABLES),
        ],
        program="workflow/scripts/document/build_paper.py",
        library=library("build_paper"),
        figures=expand("<results>/figures/{figure}.pdf", figure=sorted(FIGURES)),
        captions=expand("<results>/figures/{figure}.txt", figure=sorted(FIGURES)),
        config="<results>/config.resolved.yaml",
        original="workflow/paper/original.yaml",
        template="workflow/paper/paper.typ",
        parts=["workflow/paper/references.yaml", "workflow/paper/style.typ"],
        minmax="<results>/tables/minmax.parquet",
        rates="<results>/tables/rates.parquet",
        bounds="<results>/tables/bounds.parquet",
        claims="<results>/tables/claims.parquet",
        settings="<results>/tables/settings.parquet",
        sample_counts="<results>/tables/sample_counts.parquet",
        two_sided="<results>/tables/two_sided.parquet",
    output:
        paper="<results>/paper.pdf",
        record="<results>/paper.prov.json",
    log:
        "<logs>/build_paper.log",
    benchmark:
        "<benchmarks>/build_paper.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        family=TEACHER["families"][0],
        title=CITATION["title"],
        authors=[author["name"] for author in CITATION["authors"]],
        version=CITATION["version"],
        released=str(CITATION["date-released"]),
        license=CITATION["license"],
        doi=["--doi", DOI] if DOI else [],
    shell:
        "python {input.program:q} --family {params.family:q} --title {params.title:q}"
        " --authors {params.authors:q} --version {params.version} --released {params.released}"
        " --license {params.license} {params.doi:q} --figures {input.figures:q}"
        " --captions {input.captions:q} --config {input.config:q} --original {input.original:q}"
        " --template {input.template:q} --parts {input.parts:q}"
        " --minmax {input.minmax:q} --rates {input.rates:q}"
        " --bounds {input.bounds:q} --claims {input.claims:q} --settings {input.settings:q}"
        " --sample_counts {input.sample_counts:q} --two_sided {input.two_sided:q}"
        " --output {output.paper:q} --record {output.record:q} 2> {log:q}"
